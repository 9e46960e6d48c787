"""Types of entities and relations through the whole graph: asked for, judged, exported, counted."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from relgen_assets.cli.story import print_story
from relgen_assets.export.shards import find_shards, full_rows
from relgen_assets.integrity.chunk_story import stored_stories
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.shaped_by import shape_of
from relgen_assets.rows.arrow import from_table
from relgen_assets.rows.models import RawExtraction, ValidatedExtraction
from relgen_assets_tests.fakes.good_answers import good_answer, wanted_schema
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project

pytestmark = pytest.mark.timeout(300)
TYPES: dict[str, Any] = {
    "entity_types": [
        {"name": "organism", "description": "What lives."},
        {"name": "substance", "description": "What it is made of; of 2 kinds."},
    ],
    "relation_types": [{"name": "acts_on"}, {"name": "part_of", "description": "Lies within it."}],
}


def forgetful(body: dict[str, Any]) -> str:
    """Return a good answer in which the last entity, and what electrolytes do, has no type."""
    schema = wanted_schema(body)
    answer = good_answer(body)
    if schema is None or "relations" not in schema["properties"]:
        return answer
    said = json.loads(answer)
    if said["list_of_entities"]:
        said["list_of_entities"][-1].pop("type")
    for one in said["relations"]:
        if "electrolyte" in one["description"]:
            one.pop("type")
    return json.dumps(said)


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[SmallProject, FakeLlamaServer]]:
    folder = tmp_path_factory.mktemp("typed")
    extractions = {"mode": "two_pass", "attempts": 1, **TYPES}
    with (
        FakeLlamaServer(slots=3, answer=forgetful) as server,
        small_project(folder, [server], articles(1), extractions=extractions) as small,
    ):
        small.run()
        yield small, server


def test_types_are_asked_for_and_what_has_none_is_handled(
    done: tuple[SmallProject, FakeLlamaServer],
) -> None:
    small, server = done
    (key,) = small.keys
    prompts = [body["messages"][0]["content"] for body in asked(server) if wanted_schema(body)]
    assert prompts
    assert all("- organism: What lives." in one for one in prompts)
    verdicts = from_table(small.tables.read("validated_extractions", key), ValidatedExtraction)
    raw = from_table(small.tables.read("raw_extractions", key), RawExtraction)
    assert all(row.candidates for row in raw)
    kept = [row.extraction for row in verdicts if row.extraction is not None]
    assert kept
    assert {one.type for row in kept for one in row.relations} <= {"acts_on", "part_of"}
    found = {one for row in kept for one in row.entity_types or ()}
    assert {"organism", "substance"} & found
    assert found <= {"organism", "substance", None}
    repairs = Counter(repair for row in verdicts for repair in row.repairs)
    assert repairs["untyped_relation_dropped"]
    assert repairs["entity_untyped"]


def test_the_dataset_has_the_types_and_its_checks_hold(
    done: tuple[SmallProject, FakeLlamaServer],
) -> None:
    small, _ = done
    failed = [one for one in small.check() if not isinstance(one, CheckOutcome) or not one.passed]
    assert [one for one in failed if not isinstance(one, CheckOutcome) or one.is_error] == []
    root = Path(small.project.settings.storage.dataset)
    schema = json.loads((root / "extraction.schema.json").read_text())
    rows = full_rows(find_shards(str(root)))
    assert rows
    for row in rows:
        Draft202012Validator(schema).validate(json.loads(row.extraction))
        assert row.entity_types is not None
        assert len(row.entity_types) == len(row.list_of_entities)
    card = (root / "README.md").read_text()
    assert "### Types" in card
    counts = Counter(one.type for row in rows for one in row.relations)
    for name, count in counts.items():
        assert f"| relation | `{name}` | {count} |" in card
    assert "substance: What it is made of; of 2 kinds." in card


def test_the_story_of_a_chunk_shows_its_types(
    done: tuple[SmallProject, FakeLlamaServer],
) -> None:
    small, _ = done
    console = Console(record=True, width=300, file=io.StringIO())
    policy = small.project.settings.judging_policy
    for story in stored_stories(small.tables, small.keys[0], policy):
        print_story(console, story)
    shown = console.export_text()
    assert "corals (organism)" in shown
    assert "(part_of, moderate)" in shown


def test_the_manifest_of_a_batch_names_the_types(
    done: tuple[SmallProject, FakeLlamaServer],
) -> None:
    names = {"entities": ["organism", "substance"], "relations": ["acts_on", "part_of"]}
    assert shape_of(done[0].project)["types"] == names


def test_other_types_make_answers_stale_and_other_meanings_leave_verdicts(
    done: tuple[SmallProject, FakeLlamaServer],
) -> None:
    small, _ = done
    before = small.project.code_versions

    def stale(**types: Any) -> set[str]:
        own = small.project.settings
        values = {**own.extractions.model_dump(exclude_unset=True), **types}
        section = type(own.extractions).model_validate(values)
        after = Project(own.model_copy(update={"extractions": section})).code_versions
        return {asset for asset, version in after.items() if before[asset] != version}

    assert stale(relation_types=[{"name": "acts_on"}]) == {
        "raw_extractions",
        "validated_extractions",
        "hf_dataset",
    }
    said = [{**one, "description": "Another meaning."} for one in TYPES["entity_types"]]
    assert stale(entity_types=said) == {"raw_extractions"}
