"""Nothing is asked twice by repeated validation, retries or two runs at once; nothing is lost."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from rich.console import Console

from relgen_assets.cli.retry import retry_rejected
from relgen_assets.definitions import build_resources
from relgen_assets.export.shards import find_shards
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.version import validator
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK
from relgen_assets.orchestration.assets.exclusive import WAITING
from relgen_assets.rows.arrow import from_table, to_table
from relgen_assets.rows.models import Paper, RawExtraction, Summary, ValidatedExtraction
from relgen_assets.settings import load_settings
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import (
    SmallProject,
    articles,
    asked,
    small_project,
    stubborn_about,
    write_project,
)
from resources.generation import Generation
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager

pytestmark = pytest.mark.timeout(600)

STUBBORN = "Observation 1.1 agrees."
"""Stands in the first chunk of the second article."""
REJECTED = "paper-1#0000"
answer = stubborn_about(STUBBORN, seeds=3)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """Two batches of one article each; a chunk of the second is rejected after two attempts."""
    with small_project(
        tmp_path_factory.mktemp("project"),
        [server],
        articles(2),
        batches={"size": 1},
        chunking={"tokens": 100, "overlap": 0},
        extractions={"mode": "quote", "attempts": 2, "max_attempts": 4},
    ) as project:
        project.run()
        yield project


@pytest.fixture
def ledger(small: SmallProject) -> Iterator[GenerationLedger]:
    opened = build_resources(small.project.settings).generation_ledger
    yield opened
    opened.close()


def raw_of(small: SmallProject, key: str) -> list[RawExtraction]:
    return from_table(small.tables.read("raw_extractions", key), RawExtraction)


def summaries_of(small: SmallProject, key: str) -> dict[str, Summary]:
    return {row.paper_id: row for row in from_table(small.tables.read("summaries", key), Summary)}


def verdicts_of(small: SmallProject, key: str) -> dict[str, ValidatedExtraction]:
    table = small.tables.read("validated_extractions", key)
    return {row.chunk_id: row for row in from_table(table, ValidatedExtraction)}


def test_rows_name_the_ledger_entries_of_their_answers(
    small: SmallProject, ledger: GenerationLedger
) -> None:
    for key in small.keys:
        summaries = from_table(small.tables.read("summaries", key), Summary)
        for row in [*raw_of(small, key), *summaries]:
            (entry,) = ledger.show(row.key)
            assert list(entry.messages) == [message.model_dump() for message in row.messages]
            assert entry.attempt == row.attempt
            assert isinstance(entry.outcome, Generation)
            assert entry.outcome.text == row.text


def test_validating_again_asks_nothing_and_records_its_verdicts(
    small: SmallProject, server: FakeLlamaServer, ledger: GenerationLedger
) -> None:
    key, before = small.keys[1], len(server.visited)
    table = small.tables.read("validated_extractions", key)
    (small.folder / "data" / "validated_extractions" / f"{key}.parquet").unlink()
    _materialise(small, key, "validated_extractions")
    assert small.tables.read("validated_extractions", key).equals(table)
    assert len(server.visited) == before
    stored = verdicts_of(small, key)
    assert stored[REJECTED].verdict == "rejected"
    for row in raw_of(small, key):
        (entry,) = ledger.show(row.key)
        (verdict,) = entry.verdicts
        assert verdict.validator == validator(JudgingPolicy())
        own = stored[row.chunk_id]
        assert (verdict.verdict, verdict.reason) == (own.verdict, own.reason)


def test_a_retry_asks_the_rejected_chunk_alone_and_changes_no_other_row(
    small: SmallProject, server: FakeLlamaServer, ledger: GenerationLedger
) -> None:
    files = {key: _files(small, key) for key in small.keys}
    before = {key: raw_of(small, key) for key in small.keys}
    counts: list[int] = []
    for _ in range(3):
        server.requests.clear()
        printed = _retry(small)
        for body in asked(server):
            assert STUBBORN in body["messages"][-1]["content"]
        counts.append(len(asked(server)))
    # Seeds 2 and 3, of which only the last gives a usable answer; then nothing is left to ask.
    assert counts == [1, 1, 0]
    assert "Nothing to ask again" in printed

    assert _files(small, small.keys[0]) == files[small.keys[0]]
    after = {key: raw_of(small, key) for key in small.keys}
    changed = [
        new.chunk_id
        for key in small.keys
        for old, new in zip(before[key], after[key], strict=True)
        if old != new
    ]
    assert changed == [REJECTED]
    assert verdicts_of(small, small.keys[1])[REJECTED].verdict != "rejected"
    kept = list(ledger.entries(task=EXTRACTION_TASK, subject=REJECTED))
    assert [entry.attempt for entry in kept] == [1, 2, 3, 4]
    verdicts = [entry.verdicts[0].verdict for entry in kept[1:]]
    assert verdicts[:2] == ["rejected", "rejected"]
    assert verdicts[2] != "rejected"

    server.requests.clear()
    small.run(small.keys[1])
    assert asked(server) == []
    assert raw_of(small, small.keys[1]) == after[small.keys[1]]


@pytest.mark.parametrize("stopped_before", ["validated_extractions", "hf_dataset"])
def test_a_retry_that_was_stopped_after_its_answers_is_finished_without_a_call(
    small: SmallProject, server: FakeLlamaServer, stopped_before: str
) -> None:
    key = small.keys[0]
    done = _files(small, key)
    table = small.tables.read("validated_extractions", key)
    first, *others = verdicts_of(small, key).values()
    rejected = {"verdict": "rejected", "reason": "not_json", "extraction": None}
    old = [first.model_copy(update=rejected), *others]
    small.tables.write(to_table(old, ValidatedExtraction), "validated_extractions", key)
    _materialise(small, key, "hf_dataset")
    if stopped_before == "hf_dataset":
        small.tables.write(table, "validated_extractions", key)
    server.requests.clear()
    assert _files(small, key) != done
    assert "1 batches had answers that the dataset missed" in _retry(small, key)
    assert _files(small, key) == done
    assert asked(server) == []
    assert "Nothing to ask again" in _retry(small, key)


def test_a_missing_summary_is_asked_for_again_and_then_its_chunks(tmp_path: Path) -> None:
    def blank_at_first(body: dict[str, Any]) -> str:
        asks_for_summary = "response_format" not in body
        if asks_for_summary and "Paper 1" in str(body["messages"]) and body["seed"] < 3:
            return " \n"
        return answer(body)

    with (
        FakeLlamaServer(slots=3, answer=blank_at_first) as server,
        small_project(
            tmp_path,
            [server],
            [{**row, "article": row["article"].replace(STUBBORN, "")} for row in articles(2)],
            extractions={"mode": "quote", "max_attempts": 4},
        ) as small,
    ):
        small.run()
        (key,) = small.keys
        before = raw_of(small, key)
        waiting = [row.chunk_id for row in before if row.reason == "no_summary"]
        assert waiting == [row.chunk_id for row in before if row.paper_id == "paper-1"]
        assert summaries_of(small, key)["paper-1"].attempt == 2

        server.requests.clear()
        _retry(small)
        (body,) = asked(server)
        assert body["seed"] == 2, "only one more attempt was made"
        assert raw_of(small, key) == before

        server.requests.clear()
        _retry(small)
        questions = asked(server)
        assert questions[0]["seed"] == 3
        assert len(questions) == 1 + len(waiting)
        assert summaries_of(small, key)["paper-1"].attempt == 4
        after = raw_of(small, key)
        assert {row.status for row in after} == {"completed"}
        assert [row for row in after if row.paper_id == "paper-0"] == [
            row for row in before if row.paper_id == "paper-0"
        ]
        assert all(row.verdict != "rejected" for row in verdicts_of(small, key).values())
        assert _failed(small) == {}

        server.requests.clear()
        small.run()
        assert asked(server) == []
        assert raw_of(small, key) == after


def test_attempts_end_at_the_limit(small: SmallProject, server: FakeLlamaServer) -> None:
    rows = raw_of(small, small.keys[0])
    worn = [rows[0].model_copy(update={"text": "no JSON", "attempt": 4}), *rows[1:]]
    small.tables.write(to_table(worn, RawExtraction), "raw_extractions", small.keys[0])
    server.requests.clear()
    printed = _retry(small)
    assert "1 chunks have used all attempts" in printed
    assert asked(server) == []
    small.tables.write(to_table(rows, RawExtraction), "raw_extractions", small.keys[0])


def test_two_runs_of_one_batch_at_once_ask_everything_once(tmp_path: Path) -> None:
    key = "papers-00000"
    with FakeLlamaServer(slots=3, decode=200.0) as server:
        sections = '[ledger]\nurl = "sqlite:///ledger.db"'
        write_project(tmp_path, articles(1), server, sections=sections)
        ledger = build_resources(load_settings(tmp_path)).generation_ledger
        with ExitStack() as ended:
            with ledger.lease(f"summaries/{key}"):
                runs = [ended.enter_context(_relgen_run(tmp_path, name)) for name in ("a", "b")]
                for run in runs:
                    assert any(WAITING in line for line in run.stdout or ())
                assert asked(server) == []
            ledger.close()
            for run in runs:
                output, _ = run.communicate(timeout=200)
                assert run.returncode == 0, output
        questions = [(str(body["messages"]), body["seed"]) for body in asked(server)]
        assert len(questions) == len(set(questions)) > 1
        tables = ParquetIOManager(base_path=str(tmp_path / "data"))
        answered = from_table(tables.read("raw_extractions", key), RawExtraction)
        assert {row.status for row in answered} == {"completed"}
        assert len(questions) == 1 + sum(row.attempt for row in answered)


def test_the_checks_find_what_is_lost_and_what_is_mixed_up(small: SmallProject) -> None:
    assert _failed(small) == {}

    first, second = small.keys
    summaries = {
        key: from_table(small.tables.read("summaries", key), Summary)[0] for key in small.keys
    }
    mixed_up = {("rows_match_their_sources", key): "ERROR" for key in (first, None)}
    for wrong in (
        {"text": summaries[second].text},
        {"messages": summaries[second].messages},
    ):
        row = summaries[first].model_copy(update=wrong)
        small.tables.write(to_table([row], Summary), "summaries", first)
        assert _failed(small) == mixed_up
    small.tables.write(to_table([summaries[first]], Summary), "summaries", first)

    raw = raw_of(small, first)
    for wrong, severity in ({"text": "{}"}, "ERROR"), ({"key": "5ea1" * 16}, "WARN"):
        rows = [raw[0].model_copy(update=wrong), *raw[1:]]
        small.tables.write(to_table(rows, RawExtraction), "raw_extractions", first)
        assert _failed(small) == dict.fromkeys(mixed_up, severity)
    small.tables.write(to_table(raw, RawExtraction), "raw_extractions", first)

    verdicts = list(verdicts_of(small, first).values())
    small.tables.write(to_table(verdicts[1:], ValidatedExtraction), "validated_extractions", first)
    lost = {("nothing_is_lost", key): "ERROR" for key in (first, None)}
    assert _failed(small) == {**lost, **mixed_up}
    small.tables.write(to_table(verdicts, ValidatedExtraction), "validated_extractions", first)

    for shard in find_shards(str(small.folder / "dataset"), second):
        Path(shard.url).unlink()
    # In the overall checks, a batch that still has to be validated or written is only a warning.
    waiting = ("nothing_is_lost", None)
    assert _failed(small) == {("nothing_is_lost", second): "ERROR", waiting: "WARN"}
    (small.folder / "data" / "validated_extractions" / f"{second}.parquet").unlink()
    assert _failed(small, None) == {waiting: "WARN"}
    (paper,) = from_table(small.tables.read("raw_papers", second), Paper)
    small.tables.write(to_table([paper, paper], Paper), "raw_papers", second)
    assert _failed(small, None) == {waiting: "ERROR"}


def _files(small: SmallProject, key: str) -> dict[str, bytes]:
    """Return the stored bytes of a batch, by file."""
    found = [*(small.folder / "data").rglob(f"{key}.parquet")]
    found += [Path(shard.url) for shard in find_shards(str(small.folder / "dataset"), key)]
    return {str(path): path.read_bytes() for path in found}


def _materialise(small: SmallProject, key: str, asset: str) -> None:
    """Materialise one asset of a batch alone."""
    small.definitions.resolve_job_def("batches").execute_in_process(
        instance=small.instance,
        tags={"dagster/partition": key},
        asset_selection=[dg.AssetKey(asset)],
    )


def _retry(small: SmallProject, *keys: str) -> str:
    """Run `relgen retry-rejected` and return what it prints."""
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    retry_rejected(small.project, console, small.folder, keys, further_attempts=1)
    return printed.getvalue()


def _relgen_run(folder: Path, name: str) -> subprocess.Popen[str]:
    """Start `relgen run` in a process of its own, with a Dagster instance of its own."""
    home = folder / name
    home.mkdir()
    program = "import sys; sys.argv = ['relgen', 'run']; from relgen_assets.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "DAGSTER_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _failed(small: SmallProject, *keys: str | None) -> dict[tuple[str, str | None], str]:
    """Run the checks of reconciliation and lineage, of all batches and over all by default.

    Returns:
        The severity of those that do not pass.
    """
    names = ("nothing_is_lost", "rows_match_their_sources")
    failed: dict[tuple[str, str | None], str] = {}
    for key in keys or (*small.keys, None):
        asset, job = ("hf_dataset", "batch_checks") if key else ("dataset_card", "card_checks")
        checks = {dg.AssetCheckKey(dg.AssetKey(asset), name) for name in names}
        subset = small.definitions.resolve_job_def(job).get_subset(asset_check_selection=checks)
        result = subset.execute_in_process(
            instance=small.instance, tags={"dagster/partition": key} if key else {}
        )
        evaluations = result.get_asset_check_evaluations()
        assert len(evaluations) == len(checks)
        failed |= {
            (one.check_name, key): one.severity.name for one in evaluations if not one.passed
        }
    return failed
