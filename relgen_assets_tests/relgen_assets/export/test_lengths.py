"""Lengths: what `max_length` has to be, what it cuts, and rows over the token budget."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.export.card import CardReport, write_card
from relgen_assets.export.examples import FullExample
from relgen_assets.export.lengths import LIMITS, Lengths, measure, total
from relgen_assets.export.parts import training_parts
from relgen_assets.export.shaping import TEMPLATE_TOKENS
from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

EXAMPLE = batch_of("lake-1").examples()[0]
ROWS = st.lists(st.tuples(st.integers(0, 6_000), st.integers(0, 3_000)), max_size=8)


def examples(rows: list[tuple[int, int]]) -> list[FullExample]:
    return [
        EXAMPLE.model_copy(
            update={"student_prompt_tokens": prompt, "student_answer_tokens": answer}
        )
        for prompt, answer in rows
    ]


def measured(rows: list[tuple[int, int]], budget: int = 10_000) -> Lengths:
    rules = shaping(max_tokens=budget)
    return measure(
        [one.model_copy(update={"parts": training_parts(one, rules)}) for one in examples(rows)]
    )


@given(ROWS, ROWS)
def test_lengths_of_shards_add_up_to_those_of_all(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    assert total([measured(some, 5_000), measured(others, 5_000)]) == measured(some + others, 5_000)


@given(ROWS)
def test_the_named_length_keeps_every_row_whole_and_no_shorter_one_does(
    rows: list[tuple[int, int]],
) -> None:
    length = measured(rows).max_length
    longest = max((sum(row) for row in rows), default=0)
    assert length % 64 == 0
    assert longest + TEMPLATE_TOKENS <= length < longest + TEMPLATE_TOKENS + 64


def test_a_row_is_cut_where_it_is_longer_than_the_limit_with_the_chat_template() -> None:
    fitting = [(limit - TEMPLATE_TOKENS - 10, 10) for limit in LIMITS]
    assert measured(fitting).cut == {1_024: 2, 2_048: 1, 4_096: 0}
    longer = [(prompt + 1, answer) for prompt, answer in fitting]
    assert measured(longer).cut == {1_024: 3, 2_048: 2, 4_096: 1}


def published(root: Path, budget: int | None) -> CardReport:
    """Write two articles, of which the second has an answer that is longer."""
    short, long = batch_of("lake-0", chunks=1), batch_of("lake-2", chunks=1)
    (verdict,) = long.validated
    assert verdict.extraction is not None
    wordy = verdict.extraction.model_copy(update={"section_description": "Salt and brine. " * 50})
    long = long.changed("validated", 0, extraction=wordy)
    rules = shaping(max_tokens=budget)
    rows = short.examples_under(rules) + long.examples_under(rules)
    write_shards(str(root), "lakes-00000", rows, shaping=rules)
    return write_card(str(root), title="Life in brine", licence="other")


def test_rows_over_the_budget_stay_in_full_are_in_no_other_config_and_are_counted(
    tmp_path: Path,
) -> None:
    report = published(tmp_path, 400)
    assert (report.lengths.rows, report.lengths.too_long, report.incomplete) == (1, 1, [])
    rows = {config: splits["train"] for config, splits in report.rows.items()}
    assert rows.pop("full") == 2
    assert (rows["core"], rows["prompts"], rows["relations"]) == (1, 6, 2)
    assert "1 longer examples are over the token budget and only in `full`" in report.text
    core = pq.read_table(tmp_path / "core" / "train" / "lakes-00000.parquet")
    assert "Salt and brine" not in core.column("extraction")[0].as_py()


def test_without_a_budget_no_row_is_left_out(tmp_path: Path) -> None:
    report = published(tmp_path, None)
    assert (report.lengths.rows, report.lengths.too_long) == (2, 0)
    assert f"**Set `max_length` to {report.lengths.max_length} or more**" in report.text
    assert "| 1,024 | 0 | 0.0% |" in report.text


def test_a_dataset_whose_rows_are_all_too_long_says_so(tmp_path: Path) -> None:
    report = published(tmp_path, 64)
    assert [*report.rows] == ["full"]
    assert report.incomplete == []
    assert "Only `full` has rows. 2 longer examples are over the token budget" in report.text
