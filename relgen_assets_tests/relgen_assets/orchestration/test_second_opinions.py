"""Second opinions in the graph: asked for once, stored, heeded, and not there unless wanted."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from rich.console import Console

from relgen_assets.cli.retry import retry_rejected
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.domain_errors import ActionableError
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.version import judged_by, validator
from relgen_assets.integrity.overview import StoredTables, overview
from relgen_assets.orchestration.assets import batch_assets
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.orchestration.versions import code_versions
from relgen_assets.rows.asset_tables import (
    RAW_EXTRACTIONS,
    SECOND_OPINIONS,
    VALIDATED_EXTRACTIONS,
)
from relgen_assets.settings import JudgingSettings, Settings
from relgen_assets_tests.fakes.good_answers import good_answer, wanted_schema
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project

pytestmark = pytest.mark.timeout(600)

DENIED = "Denitrifying bacteria reduce nitrate"
"""The model denies what is said with these words."""
UNSURE = "Upwelling cools"
"""Here it says neither yes nor no."""
ON = {"judging": {"verify": "model"}}


def answer(body: dict[str, Any]) -> str:
    schema = wanted_schema(body)
    if schema is None or "stated" not in schema["properties"]:
        return good_answer(body)
    passage, _, claim = body["messages"][-1]["content"].partition("\n\nClaim: ")
    if UNSURE in claim:
        return '{"quote": "", "stated": "perhaps"}'
    stated = "no" if DENIED in claim else "yes"
    return json.dumps({"quote": passage.removeprefix("Passage: ")[:60], "stated": stated})


def questions(server: FakeLlamaServer) -> list[dict[str, Any]]:
    return [body for body in asked(server) if "Claim: " in body["messages"][-1]["content"]]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=4, answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    folder = tmp_path_factory.mktemp("opinions")
    with small_project(folder, [server], articles(1, sentences=9), **ON) as project:
        project.run()
        yield project


def test_each_relation_that_the_rules_keep_is_asked_about_once_with_its_evidence_alone(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    rows = SECOND_OPINIONS.read(small.tables, small.keys[0])
    assert rows
    sent = {body["messages"][-1]["content"] for body in questions(server)}
    for row in rows:
        assert row.relation.description == row.passage  # the fake quotes whole sentences
        assert row.messages[-1].content in sent
        assert row.passage in row.messages[-1].content


def test_what_the_model_denies_is_dropped_and_what_it_leaves_open_stays(
    small: SmallProject,
) -> None:
    opinions = SECOND_OPINIONS.read(small.tables, small.keys[0])
    by_opinion = {one.opinion for one in opinions}
    assert by_opinion == {"stated", "denied", "none"}
    for row in VALIDATED_EXTRACTIONS.read(small.tables, small.keys[0]):
        own = [one for one in opinions if one.chunk_id == row.chunk_id]
        kept = [one.relation for one in own if one.opinion != "denied"]
        assert (row.extraction.relations if row.extraction else []) == kept
        dropped = len(kept) < len(own)
        assert ("denied_relation_dropped" in row.repairs) == dropped
        if dropped:
            assert (row.verdict, row.reason) in {("repaired", None), ("rejected", "denied")}


def test_a_known_batch_asks_nothing_and_comes_out_the_same(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    key, before = small.keys[0], len(server.requests)
    assets = ("second_opinions", "validated_extractions")
    tables = {asset: small.tables.read(asset, key) for asset in assets}
    small.run(key)
    assert len(server.requests) == before
    assert all(small.tables.read(asset, key).equals(table) for asset, table in tables.items())


def test_the_ledger_keeps_opinions_and_verdicts_that_name_the_second_opinion(
    small: SmallProject,
) -> None:
    ledger = build_resources(small.project.settings).generation_ledger
    try:
        opinions = SECOND_OPINIONS.read(small.tables, small.keys[0])
        for one in opinions:
            (entry,) = ledger.show(one.key)
            assert entry.task == "second_opinion"
        assert any(one.attempt == 2 for one in opinions), "an unusable answer is asked for again"
        answers = RAW_EXTRACTIONS.read(small.tables, small.keys[0])
        (entry,) = ledger.show(answers[0].key)
        assert [one.validator for one in entry.verdicts] == [
            judged_by(validator(JudgingPolicy()), asks_model=True)
        ]
    finally:
        ledger.close()


def test_all_checks_pass_but_the_one_that_counts_missing_opinions(small: SmallProject) -> None:
    found = [one for one in small.check() if isinstance(one, CheckOutcome)]
    of_opinions = {one.name for one in found if one.asset == "second_opinions"}
    assert of_opinions == {
        "schema", "one_per_relation", "passages_are_of_their_chunk", "few_are_missing",
    }  # fmt: skip
    assert {one.name for one in found if not one.passed} == {"few_are_missing"}


def test_nothing_is_left_to_retry_or_to_bring_up_to_date(small: SmallProject) -> None:
    printed = io.StringIO()
    retry_rejected(small.project, Console(file=printed, width=100), small.folder, None, 1)
    assert "Nothing to ask again" in printed.getvalue()


def test_a_batch_remembers_what_its_opinions_were_made_under(small: SmallProject) -> None:
    manifest = small.project.planner.manifests.one(small.keys[0])
    assert manifest is not None
    now = small.project.code_versions
    assert manifest.shaped_by == {asset: now[asset] for asset in now if asset != "dataset_card"}


def test_its_tokens_are_counted(small: SmallProject) -> None:
    opinions = SECOND_OPINIONS.read(small.tables, small.keys[0])
    without = overview(_Without(small.tables), small.keys)
    counted = overview(small.tables, small.keys).completion_tokens - without.completion_tokens
    assert counted == sum(one.completion_tokens for one in opinions) > 0


def test_the_setting_decides_whether_there_is_such_an_asset_and_what_is_stale(
    small: SmallProject,
) -> None:
    on = small.project.settings
    off = on.model_copy(update={"judging": JudgingSettings()})
    assert set(batch_assets(on)) - set(batch_assets(off)) == {"second_opinions"}
    assert dg.AssetKey("second_opinions") not in _graph(off).get_all_asset_keys()
    node = _graph(on).get(dg.AssetKey("second_opinions"))
    assert node.pools == {"language_models"}
    assert node.child_keys == {dg.AssetKey("validated_extractions")}
    with_it, without = (code_versions(one, small.project.prompts) for one in (on, off))
    assert {name for name in without if with_it[name] != without[name]} == {"validated_extractions"}


def test_without_a_server_nothing_is_written_and_the_answers_stay(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=answer) as server,
        small_project(tmp_path, [server], articles(1, sentences=4), **ON) as project,
    ):
        (key,) = project.keys
        off = project.project.settings.model_copy(update={"judging": JudgingSettings()})
        run_batch(build_defs(Project(off)), project.instance, key)
        server.stop()
        with pytest.raises(ActionableError, match="no endpoint"):
            project.run(key)
        assert not project.tables.exists("second_opinions", key)
        server.start()
        project.run(key)
        assert SECOND_OPINIONS.read(project.tables, key)


def _graph(settings: Settings) -> Any:
    return build_defs(Project(settings)).resolve_asset_graph()


class _Without:
    """The tables of a project, but for its second opinions."""

    def __init__(self, tables: StoredTables) -> None:
        self._tables = tables

    def exists(self, asset: str, partition: str) -> bool:
        return asset != "second_opinions" and self._tables.exists(asset, partition)

    def read(self, asset: str, partition: str, columns: tuple[str, ...] | None = None) -> pa.Table:
        return self._tables.read(asset, partition, columns)

    def partitions(self, asset: str) -> list[str]:
        return self._tables.partitions(asset)
