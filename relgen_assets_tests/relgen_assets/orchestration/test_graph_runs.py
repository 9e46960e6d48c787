"""The graph as a whole, from articles to a loadable dataset, over a real HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import datasets
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import PartitionRefused
from relgen_assets.export.configs import expected_rows
from relgen_assets.integrity.overview import overview
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.rows.arrow import from_table, to_table
from relgen_assets.rows.models import (
    Chunk,
    Paper,
    RawExtraction,
    Summary,
    ValidatedExtraction,
)
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import UNUSABLE, SmallProject, articles, asked, small_project
from resources.errors import NoEndpointLeft


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """Three batches, run once: four good articles and one that cannot be used."""
    rows = [*articles(4), UNUSABLE]
    with small_project(
        tmp_path_factory.mktemp("done"), [server], rows, dataset={"empty_percent": 100}
    ) as small:
        small.run()
        yield small


@pytest.fixture(scope="module")
def checked(done: SmallProject) -> list[CheckOutcome]:
    found = done.check(*done.keys[:2])
    outcomes = [one for one in found if isinstance(one, CheckOutcome)]
    assert outcomes == found  # nothing was left unchecked
    return outcomes


def test_every_article_is_kept_with_its_status(done: SmallProject) -> None:
    papers = [
        paper
        for key in done.keys
        for paper in from_table(done.tables.read("raw_papers", key), Paper)
    ]
    assert [(paper.paper_id, paper.status) for paper in papers] == [
        ("paper-0", "used"),
        ("paper-1", "used"),
        ("paper-2", "used"),
        ("paper-3", "used"),
        ("empty", "unusable"),
    ]
    assert papers[-1].reason == "empty_article"


def test_the_stored_prompt_is_what_the_server_was_sent(
    done: SmallProject, server: FakeLlamaServer
) -> None:
    sent = [request.body["messages"] for request in server.requests]
    rows = from_table(done.tables.read("raw_extractions", done.keys[0]), RawExtraction)
    assert rows
    for row in rows:
        assert row.status == "completed"
        assert [message.model_dump() for message in row.messages] in sent


def test_every_chunk_ends_in_one_verdict(done: SmallProject) -> None:
    for key in done.keys:
        chunks = from_table(done.tables.read("chunks", key), Chunk)
        verdicts = from_table(done.tables.read("validated_extractions", key), ValidatedExtraction)
        assert [row.chunk_id for row in verdicts] == [chunk.chunk_id for chunk in chunks]


def test_entities_are_restricted_to_terms_of_the_chunk(done: SmallProject) -> None:
    key = done.keys[0]
    chunks = {row.chunk_id: row for row in from_table(done.tables.read("chunks", key), Chunk)}
    for row in from_table(done.tables.read("raw_extractions", key), RawExtraction):
        assert row.mode == "quote"
        assert len(row.candidates) >= 2
        assert all(term in chunks[row.chunk_id].text for term in row.candidates)


def test_the_folder_loads_with_datasets_in_every_config(done: SmallProject, tmp_path: Path) -> None:
    usable = overview(done.tables, done.keys).usable
    assert usable > 0
    for config, rows in expected_rows(usable).items():
        loaded = datasets.load_dataset(
            str(done.folder / "dataset"), config, cache_dir=str(tmp_path / config)
        )
        assert sum(split.num_rows for split in loaded.values()) == rows


def test_all_checks_pass_and_each_asset_has_some(checked: list[CheckOutcome]) -> None:
    failed = [outcome for outcome in checked if not outcome.passed and outcome.is_error]
    assert failed == []
    assert {outcome.asset for outcome in checked} == {
        "raw_papers",
        "chunks",
        "summaries",
        "raw_extractions",
        "validated_extractions",
        "hf_dataset",
        "dataset_card",
    }


@pytest.mark.parametrize("asset", BATCH_ASSETS)
def test_every_materialisation_shows_its_first_rows(done: SmallProject, asset: str) -> None:
    wanted = dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=done.keys[:1])
    (record, *_) = done.instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization is not None
    preview = record.asset_materialization.metadata["preview"]
    assert isinstance(preview, dg.TableMetadataValue)
    assert preview.records


def test_running_again_asks_nothing(done: SmallProject, server: FakeLlamaServer) -> None:
    before = asked(server)
    table = done.tables.read("raw_extractions", done.keys[0])
    done.run(done.keys[0])
    assert asked(server) == before
    assert done.tables.read("raw_extractions", done.keys[0]).equals(table)


def test_a_damaged_table_fails_its_checks(tmp_path: Path, server: FakeLlamaServer) -> None:
    with small_project(tmp_path, [server], articles(2)) as small:
        small.run()
        chunks = from_table(small.tables.read("chunks", small.keys[0]), Chunk)
        moved = [chunks[0].model_copy(update={"start": chunks[0].start + 1}), *chunks[1:]]
        small.tables.write(to_table(moved, Chunk), "chunks", small.keys[0])
        outcomes = [one for one in small.check() if isinstance(one, CheckOutcome)]
        failed = {outcome.name for outcome in outcomes if not outcome.passed}
        assert "offsets_match_text" in failed


def test_the_card_tells_effective_settings_and_what_became_of_all_chunks(
    done: SmallProject,
) -> None:
    text = (done.folder / "dataset" / "README.md").read_text(encoding="utf-8")
    counted = overview(done.tables, done.keys)
    assert "| `extractions.mode` | `quote` |" in text
    assert "| `extractions.max_tokens` | `420` |" in text
    assert f"have {counted.chunks:,} chunks; {counted.usable:,} of them" in text


def test_a_changed_number_in_the_card_and_changed_rows_fail_their_checks(
    tmp_path: Path, server: FakeLlamaServer
) -> None:
    with small_project(tmp_path, [server], articles(2)) as small:
        small.run()
        card = tmp_path / "dataset" / "README.md"
        text = card.read_text(encoding="utf-8")
        card.write_text(text.replace(" examples of 2 articles", " examples of 3 articles"), "utf-8")
        (shard, *_) = (tmp_path / "dataset" / "full").rglob("*.parquet")
        rows = pq.read_table(shard)
        pq.write_table(rows.set_column(0, rows.schema.field(0), [["other"] * len(rows)]), shard)
        outcomes = [one for one in small.check() if isinstance(one, CheckOutcome)]
        failed = {outcome.name for outcome in outcomes if not outcome.passed}
        assert {"card_numbers_match", "footers_match_rows"} <= failed


def test_a_prompt_too_long_for_every_server_is_refused_not_cut(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(context=700) as small_context,
        small_project(
            tmp_path,
            [small_context],
            articles(2, sentences=60),
            chunking={"tokens": 500, "overlap": 20},
            summaries={"max_tokens": 64},
        ) as small,
    ):
        with pytest.raises(PartitionRefused, match="context_exceeded"):
            run_batch(small.definitions, small.instance, small.keys[0])
        raw = from_table(small.tables.read("raw_extractions", small.keys[0]), RawExtraction)
        assert {(row.status, row.reason) for row in raw} == {("refused", "context_exceeded")}
        assert {row.text for row in raw} == {""}
        assert not (tmp_path / "data" / "validated_extractions").exists()


def test_a_source_that_is_mostly_unusable_is_refused_before_it_is_written(
    tmp_path: Path, server: FakeLlamaServer
) -> None:
    rows = [*articles(2), *({**UNUSABLE, "id": f"empty-{number}"} for number in range(3))]
    with (
        small_project(tmp_path, [server], rows, batches={"size": 5}) as small,
        pytest.raises(PartitionRefused, match=r"papers-00000.*3 of 5 rows are unusable"),
    ):
        run_batch(small.definitions, small.instance, small.keys[0])
    assert not (tmp_path / "data" / "raw_papers").exists()


def test_a_dead_server_fails_the_run_and_its_return_finishes_it(tmp_path: Path) -> None:
    server = FakeLlamaServer(slots=2)
    server.start()
    with small_project(tmp_path, [server], articles(2)) as small:
        server.fail_always(ServerFault(FaultKind.reset), when=_is_extraction)
        with pytest.raises(NoEndpointLeft, match="server-0"):
            run_batch(small.definitions, small.instance, small.keys[0])
        assert small.tables.exists("summaries", small.keys[0])
        assert not small.tables.exists("raw_extractions", small.keys[0])
        server.heal()
        summaries = sum(not _is_extraction(body) for body in asked(server))
        small.run()
        again = sum(not _is_extraction(body) for body in asked(server))
        assert again == summaries
    server.stop()


def test_summaries_hold_what_was_answered(done: SmallProject) -> None:
    rows = from_table(done.tables.read("summaries", done.keys[0]), Summary)
    assert [row.paper_id for row in rows] == ["paper-0", "paper-1"]
    assert all(row.status == "completed" and row.text.strip() for row in rows)
    assert all(row.prompt_version and row.endpoint == "server-0" for row in rows)


def _is_extraction(body: dict[str, object]) -> bool:
    return "response_format" in body
