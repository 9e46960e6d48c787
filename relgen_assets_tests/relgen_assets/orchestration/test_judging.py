"""What a text does not say: from the setting to the rows of the dataset, without asking again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.export.configs import expected_rows
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.integrity.offsets import rows_off_their_texts
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets_tests.fakes import answers
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SENTENCES, SmallProject, articles, asked, small_project

SIDES = [
    ("Reef corals", "symbiotic algae"),
    ("Marine heatwaves", "algae"),
    ("coral host", "algae"),
    ("Nitrifying bacteria", "ammonium"),
    ("Denitrifying bacteria", "nitrate"),
    ("Graphite anodes", "lithium ions"),
    ("solid electrolyte interphase", "graphite anodes"),
    ("Upwelling", "eastern Pacific Ocean"),
]
"""The source and target of each sentence."""
FLAT = {"entities", "relations"}
"""The configs that are tables of places in the text."""
SILENT = "Observation 1."
"""Stands in the chunks about which the model says nothing."""


def answer(body: dict[str, Any]) -> str:
    """Return one true relation, one made up, and an absent name; or that nothing is stated."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    text = body["messages"][-1]["content"]
    found = [at for at, sentence in enumerate(SENTENCES) if sentence in text]
    if not found or "list_of_entities" not in json.dumps(schema):
        return answers.answer_text(body, schema, 20)
    said, (source, target) = SENTENCES[found[0]], SIDES[found[0]]
    relations = [relation(said, source, target), relation("Unicorns eat it.", source, target)]
    return json.dumps(
        {
            "section_description": "The text is about it.",
            "list_of_entities": [source, target, "unicorns"],
            "relations": [] if SILENT in text else relations,
        }
    )


def relation(said: str, source: str, target: str) -> dict[str, Any]:
    return {"description": said, "source_entities": [source], "target_entities": [target]}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """One batch of two articles; the tests below run in their order."""
    folder = tmp_path_factory.mktemp("judged")
    with small_project(
        folder,
        [server],
        articles(2, sentences=9),
        extractions={"mode": "schema"},
        dataset={"empty_percent": 30, "validation_percent": 0, "test_percent": 0},
    ) as small:
        small.run()
        yield small


def stored(small: SmallProject) -> list[FullExample]:
    return full_rows(find_shards(small.project.settings.storage.dataset))


def with_settings(small: SmallProject, **sections: dict[str, Any]) -> Project:
    """Return the project with other values in some sections."""
    settings = small.project.settings
    changes = {
        name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()
    }
    return Project(settings.model_copy(update=changes))


def judge_again(small: SmallProject, project: Project) -> None:
    """Materialise the verdicts and the dataset under other settings, as `relgen ui` would."""
    job = build_defs(project).resolve_job_def("batches")
    wanted = {dg.AssetKey("validated_extractions"), dg.AssetKey("hf_dataset")}
    done = job.get_subset(asset_selection=wanted).execute_in_process(
        instance=small.instance, tags={"dagster/partition": small.keys[0]}
    )
    assert done.success


def test_every_name_and_all_evidence_of_the_dataset_stand_in_its_text(done: SmallProject) -> None:
    rows = stored(done)
    assert rows_off_their_texts(rows) == []
    for row in (row for row in rows if row.relations):
        (one,) = row.evidence
        assert row.chunk[one.sentences[0].start : one.sentences[0].end] in SENTENCES
        assert (one.support, one.polarity, one.directed, one.fault) == (1.0, "affirmed", True, None)
        for entity in row.grounding:
            assert entity.status == "exact"
            assert {row.chunk[at.start : at.end] for at in entity.mentions} >= {entity.name}


def test_the_configs_for_training_hold_no_offsets(done: SmallProject) -> None:
    derived = derived_rows(find_shards(done.project.settings.storage.dataset))
    trained = {name: rows for name, rows in derived.items() if name not in FLAT}
    shown = [json.loads(row.model_dump_json()) for rows in trained.values() for row in rows]
    expected = expected_rows(len(stored(done)))
    assert {name: len(rows) for name, rows in trained.items()} == {
        name: count for name, count in expected.items() if name != "full"
    }
    assert not any({"grounding", "evidence"} & row.keys() for row in shown)
    assert "mentions" not in json.dumps(shown)


def test_rows_without_relations_stand_at_their_share_and_are_counted(done: SmallProject) -> None:
    rows = stored(done)
    empty = sum(not row.relations for row in rows)
    assert 0 < empty <= 0.3 * len(rows)
    verdicts = done.tables.read("validated_extractions", done.keys[0]).to_pylist()
    silent = sum(row["extraction"]["relations"] == [] for row in verdicts)
    assert silent > empty
    assert len(rows) == len(verdicts) - silent + empty
    results = {one.name: one.passed for one in done.check() if isinstance(one, CheckOutcome)}
    assert results["empty_rows_have_their_share"]
    assert all(results.values()), results


def test_another_share_makes_the_dataset_stale_and_a_check_tells_until_it_is_made(
    done: SmallProject,
) -> None:
    changed = with_settings(done, dataset={"empty_percent": 100})
    stale = stale_batches(done.instance, changed.code_versions, done.keys)
    assert stale == {done.keys[0]: ["hf_dataset"]}


def test_a_changed_policy_makes_the_verdicts_stale_judges_anew_and_asks_nothing(
    done: SmallProject, server: FakeLlamaServer
) -> None:
    project = with_settings(done, judging={"absent_names": "mark", "unsupported_relations": "mark"})
    stale = stale_batches(done.instance, project.code_versions, done.keys)
    assert stale == {done.keys[0]: ["validated_extractions"]}
    before = len(asked(server))
    judge_again(done, project)
    assert len(asked(server)) == before
    assert stale_batches(done.instance, project.code_versions, done.keys) == {}
    rows = stored(done)
    assert rows_off_their_texts(rows) == []
    for row in (row for row in rows if row.relations):
        assert row.verdict == "valid"
        assert [(one.name, one.status) for one in row.grounding][-1] == ("unicorns", "absent")
        assert [one.fault for one in row.evidence] == [None, "side_not_named"]
        assert json.loads(row.extraction)["list_of_entities"][-1] == "unicorns"


def test_a_stricter_policy_rejects_what_was_accepted_and_asks_only_about_that(
    done: SmallProject, server: FakeLlamaServer, tmp_path: Path
) -> None:
    project = with_settings(done, judging={"absent_names": "reject"})
    before = len(asked(server))
    with pytest.raises(Exception, match="rejected"):
        run_batch(build_defs(project), done.instance, done.keys[0])
    again = asked(server)[before:]
    assert again
    assert all("list_of_entities" in json.dumps(body["response_format"]) for body in again)
