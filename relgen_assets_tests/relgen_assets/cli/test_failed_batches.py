"""Reasons why batches failed: each is told once, after the batches that it is about."""

from __future__ import annotations

from relgen_assets.cli.failed_batches import reasons_of


def test_one_reason_of_all_is_told_once() -> None:
    failures = {f"lakes-0000{number}": "no endpoint is left." for number in range(5)}
    assert reasons_of(failures) == (
        "lakes-00000, lakes-00001, lakes-00002 and 2 more: no endpoint is left."
    )


def test_different_reasons_have_lines_of_their_own() -> None:
    failures = {"a-00000": "the disk is full.", "a-00001": "it ended.", "a-00002": "it ended."}
    assert reasons_of(failures).splitlines() == [
        "",
        "a-00000: the disk is full.",
        "a-00001, a-00002: it ended.",
    ]


def test_a_batch_is_not_named_twice() -> None:
    assert reasons_of({"a-00000": "a-00000: 1 check failed."}) == "a-00000: 1 check failed."
