"""Reconciliation: the balance holds for sound tables and names what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from relgen_assets.export.configs import expected_rows
from relgen_assets.export.lengths import Lengths
from relgen_assets.integrity.reconciliation import Balance, balance
from relgen_assets.rows.arrow import to_table
from relgen_assets.rows.models import Chunk, Paper, RawExtraction, ValidatedExtraction
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, Batch, batch_of


def mixed() -> Batch:
    """Two articles and an unusable one; four chunks: valid, repaired, rejected and failed."""
    batch = batch_of("lake-1", "lake-2")
    nothing: dict[str, Any] = {"verdict": "rejected", "extraction": None, "repairs": []}
    batch = batch.changed("validated", 2, reason="not_json", **nothing)
    batch = batch.changed("validated", 3, reason="stalled", **nothing)
    batch = batch.changed("raw", 3, status="failed", reason="stalled", text="")
    unusable = batch.papers[0].model_copy(
        update={"paper_id": "lake-3", "status": "unusable", "reason": "empty_article"}
    )
    batch.papers.append(unusable)
    return batch


def tables(batch: Batch) -> list[pa.Table]:
    return [
        to_table(batch.papers, Paper),
        to_table(batch.chunks, Chunk),
        to_table(batch.raw, RawExtraction),
        to_table(batch.validated, ValidatedExtraction),
    ]


def counted(batch: Batch, articles: int = 3, rows: int = 2, **changes: int) -> Balance:
    by_config = expected_rows(rows) | changes
    return balance(*tables(batch), articles=articles, rows=by_config)


def test_everything_of_a_sound_batch_is_accounted_for_with_its_reason() -> None:
    found = counted(mixed())
    assert found.differences() == []
    assert (found.articles, found.used, dict(found.unusable)) == (3, 2, {"empty_article": 1})
    assert (found.chunks, found.valid, found.repaired) == (4, 1, 1)
    assert (dict(found.rejected), dict(found.failed)) == ({"not_json": 1}, {"stalled": 1})


def test_balances_of_batches_add_up_to_one_of_all() -> None:
    total = counted(mixed()) + counted(mixed())
    assert total.differences() == []
    assert (total.articles, total.chunks, total.rejected["not_json"]) == (6, 8, 2)
    assert total.rows["full"] == 4
    assert Balance().differences() == []


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (counted(mixed(), articles=4), "4 articles, but 2 used + 1 unusable"),
        (counted(mixed().without("papers", 1)), "3 articles, but 1 used + 1 unusable"),
        (counted(mixed().without("validated", 2)), "4 chunks, but 1 valid + 1 repaired + 0 rej"),
        (counted(mixed().without("chunks", 2)), "1 verdicts without a chunk"),
        (counted(mixed().without("raw", 0), rows=1), "4 chunks, but 0 valid"),
        (counted(mixed().changed("validated", 2, reason=None)), "without a reason"),
        (counted(mixed(), rows=1), "1 rows in core, not 2: 1 valid + 1 repaired"),
        (counted(mixed(), chat=3), "3 rows in chat, not 2"),
    ],
)
def test_what_is_lost_or_duplicated_shows_as_an_equation_that_fails(
    found: Balance, complaint: str
) -> None:
    assert any(complaint in text for text in found.differences()), found


def test_a_missing_verdict_and_a_duplicated_one_do_not_cancel_out() -> None:
    batch = mixed()
    batch.validated[2] = batch.validated[3]
    assert len(counted(batch).differences()) == 2


def test_rows_over_the_token_budget_are_missing_everywhere_but_in_full() -> None:
    dropped_one = Lengths(rows=1, too_long=1)
    dropped = balance(
        *tables(mixed()), articles=3, rows=expected_rows(2, dropped_one), lengths=dropped_one
    )
    assert dropped.differences() == []
    assert replace(dropped, lengths=Lengths()).differences()[0] == (
        "1 rows in prompt_completion, not 2: 1 valid + 1 repaired chunks"
    )


def with_empty_answers(*positions: int) -> Batch:
    """Return three articles with two chunks each, some of whose answers state no relation."""
    batch = batch_of("lake-1", "lake-2", "lake-3")
    for position in positions:
        nothing = EXTRACTION.model_copy(update={"relations": []})
        batch = batch.changed("validated", position, extraction=nothing, evidence=[])
    return batch


def test_answers_without_relations_need_no_row_but_all_others_do() -> None:
    batch = with_empty_answers(1, 4)
    for standing in (0, 1, 2):
        found = balance(
            *tables(batch),
            articles=3,
            rows=expected_rows(4 + standing),
            empty_rows=standing,
        )
        assert (found.differences(), found.empty, found.filled) == ([], 2, 4)
    lost = balance(*tables(batch), articles=3, rows=expected_rows(4), empty_rows=1)
    assert lost.differences()[0] == (
        "4 rows in prompt_completion, not 5: 3 valid + 3 repaired chunks - 1 left out"
    )
    invented = balance(*tables(batch), articles=3, rows=expected_rows(7), empty_rows=3)
    assert invented.differences() == ["3 rows without relations, but 2 such chunks"]
