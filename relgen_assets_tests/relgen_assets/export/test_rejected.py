"""Rejected answers: each with its reason, and none that no server gave."""

from __future__ import annotations

from pathlib import Path

from relgen_assets.export.rejected import rejected_answers
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import find_shards, read_rows
from relgen_assets_tests.relgen_assets.export.batch import Batch, batch_of, shaping


def some_rejected() -> Batch:
    """Four chunks: one rejected, one without an answer, two that are usable."""
    batch = batch_of("lake-0", "lake-2")
    for position, reason in ((0, "not_json"), (1, "endpoints_exhausted")):
        batch = batch.changed(
            "validated", position, verdict="rejected", reason=reason, extraction=None
        )
    return batch.changed("raw", 1, status="failed", text="", reason="endpoints_exhausted")


def test_an_answer_stands_with_its_question_and_the_reason() -> None:
    batch = some_rejected()
    (row,) = rejected_answers(batch.papers, batch.chunks, batch.raw, batch.validated)
    assert (row.chunk_id, row.reason, row.answer) == ("lake-0#0000", "not_json", "{…}")
    assert row.sent_messages == batch.raw[0].messages
    assert row.chunk == batch.chunks[0].text


def test_they_are_in_the_split_of_their_article(tmp_path: Path) -> None:
    batch = some_rejected()
    rows = rejected_answers(batch.papers, batch.chunks, batch.raw, batch.validated)
    rules = shaping(rejected=True)
    write_shards(str(tmp_path), "lakes-00000", batch.examples(), shaping=rules, rejected=rows)
    (shard,) = (one for one in find_shards(str(tmp_path)) if one.config == "rejected")
    assert shard.split == "train"
    assert read_rows([shard], type(rows[0])) == rows
    write_shards(str(tmp_path), "lakes-00000", batch.examples(), shaping=rules)
    assert not (tmp_path / "rejected" / "train" / "lakes-00000.parquet").exists()
