"""A failed check of error severity fails its run, and nothing is made from what it checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.domain_errors import ChecksFailed
from relgen_assets.export.shards import find_shards
from relgen_assets.integrity import invariants
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.runs import missing_batches, run_batch
from relgen_assets.rows.asset_tables import ASSET_TABLES
from relgen_assets.rows.models import Chunk
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path, server: FakeLlamaServer) -> Iterator[SmallProject]:
    """One batch of one article."""
    with small_project(tmp_path, [server], articles(1)) as opened:
        yield opened


def too_long(chunks: list[Chunk], tokens: int) -> list[str]:
    return [f"{chunk.chunk_id} is too long" for chunk in chunks]


def test_what_follows_a_failed_check_is_not_made_until_the_cause_is_mended(
    small: SmallProject, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = small.keys
    with monkeypatch.context() as patched:
        patched.setattr(invariants, "chunks_fit", too_long)
        with pytest.raises(ChecksFailed) as failed:
            run_batch(build_defs(small.project), small.instance, key)
    assert str(failed.value).startswith(f"{key}: 1 check failed")
    assert "chunks.within_token_limit" in str(failed.value)
    assert "paper-0#0000 is too long" in str(failed.value), "the first violations are shown"
    assert small.instance.get_runs()[0].status is dg.DagsterRunStatus.FAILURE
    assert small.tables.exists("chunks", key), "what was checked can be looked at"
    assert not small.tables.exists("raw_extractions", key)
    assert not list((small.folder / "dataset").rglob("*.parquet"))

    before = len(asked(server))
    small.run()
    assert len(asked(server)) > before, "now the chunks are asked about"


def test_a_batch_whose_last_run_failed_is_missing_although_its_old_shards_are_there(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = str(small.folder / "dataset")
    small.run()
    assert missing_batches(small.instance, small.tables, dataset, small.keys) == []
    with monkeypatch.context() as patched:
        patched.setattr(invariants, "chunks_fit", too_long)
        with pytest.raises(ChecksFailed):
            run_batch(build_defs(small.project), small.instance, small.keys[0])
    assert find_shards(dataset)
    assert missing_batches(small.instance, small.tables, dataset, small.keys) == list(small.keys)


def test_checks_alone_report_every_failure_and_block_nothing(small: SmallProject) -> None:
    small.run()
    (key,) = small.keys
    for table in ASSET_TABLES[:2]:  # each row twice: what depends on them does not fit any more
        rows = table.read(small.tables, key)
        small.tables.write(table.table([*rows, *rows]), table.asset, key)
    outcomes = [one for one in small.check() if isinstance(one, CheckOutcome)]
    failed = {outcome.asset for outcome in outcomes if not outcome.passed and outcome.is_error}
    assert {"raw_papers", "chunks", "dataset_card"} <= failed
    assert {outcome.asset for outcome in outcomes} == {*BATCH_ASSETS, "dataset_card"}
    assert small.instance.get_runs()[0].status is dg.DagsterRunStatus.SUCCESS


def test_warnings_never_block(small: SmallProject) -> None:
    graph = small.definitions.resolve_asset_graph()
    blocking = {key.name for key in graph.asset_check_keys if graph.get(key).blocking}
    assert "within_token_limit" in blocking
    assert not blocking & {
        "articles_are_usable",
        "are_complete",
        "few_are_rejected",
        "rows_were_made_alike",
        "batches_are_current",
    }
