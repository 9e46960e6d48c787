"""A summary that is none: told, asked for again, kept out of prompts, and retried on demand."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from datasets import load_dataset
from rich.console import Console

from relgen_assets.cli.retry import retry_rejected
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SUMMARIES
from relgen_assets.rows.models import RawExtraction, Summary
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.good_answers import good_answer, wanted_schema
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project

pytestmark = pytest.mark.timeout(120)

GARBAGE = "!" * 80
WHOLE = "The article reports what was observed."


def is_summary(body: dict[str, Any], article: int) -> bool:
    """Whether a request is for the summary of one of the articles."""
    return wanted_schema(body) is None and f"Paper {article}" in body["messages"][-1]["content"]


def summaries_of(small: SmallProject) -> list[Summary]:
    return [row for key in small.keys for row in SUMMARIES.read(small.tables, key)]


def chunks_of(small: SmallProject) -> list[RawExtraction]:
    return [row for key in small.keys for row in RAW_EXTRACTIONS.read(small.tables, key)]


def cut_short(small: SmallProject) -> int:
    """Return how many summaries were cut short, by the metadata of all batches."""
    records = small.instance.fetch_materializations(dg.AssetKey("summaries"), limit=10).records
    events = [one.asset_materialization for one in records]
    return sum(int(str(one.metadata["cut_short"].value)) for one in events if one is not None)


def failing(small: SmallProject) -> list[CheckOutcome]:
    return [one for one in small.check() if isinstance(one, CheckOutcome) and not one.passed]


def test_a_rejected_summary_is_told_and_retried_and_one_cut_off_ends_with_a_sentence(
    tmp_path: Path,
) -> None:
    sick = [True]

    def answer(body: dict[str, Any]) -> str:
        if is_summary(body, 0):
            return f"{WHOLE} It also names what remains open for everybody else."
        return GARBAGE if sick[0] and is_summary(body, 1) else good_answer(body)

    with (
        FakeLlamaServer(slots=3, answer=answer) as server,
        small_project(tmp_path, [server], articles(2, sentences=6)) as small,
    ):
        server.fail_always(ServerFault(FaultKind.length, tokens=16), lambda it: is_summary(it, 0))
        small.run()

        rows = {row.paper_id: row for row in summaries_of(small)}
        cut, bad = rows["paper-0"], rows["paper-1"]
        assert (cut.status, cut.text, cut.finish_reason) == ("completed", WHOLE, "length")
        assert cut_short(small) == 1
        assert (bad.status, bad.reason, bad.text) == ("rejected", "garbage", GARBAGE)
        warmth = [body["temperature"] for body in asked(server) if is_summary(body, 1)]
        assert len(warmth) == bad.attempt == 2
        assert warmth[1] < warmth[0]
        waiting = [row for row in chunks_of(small) if row.reason == "no_summary"]
        assert {row.paper_id for row in waiting} == {"paper-1"}
        told = {one.name: str(one.details) for one in failing(small) if not one.is_error}
        assert "paper-1: garbage" in told["are_complete"]

        sick[0] = False
        printed = io.StringIO()
        retry_rejected(small.project, Console(file=printed, width=200), small.folder, None, 1)

        assert {row.paper_id: row.attempt for row in summaries_of(small)}["paper-1"] == 3
        assert {row.status for row in summaries_of(small)} == {"completed"}
        assert {row.status for row in chunks_of(small)} == {"completed"}
        assert not [one for one in failing(small) if one.is_error]
        shown = load_dataset(str(small.folder / "dataset"), "core", split="train")["summary"]
        assert WHOLE in set(shown)
