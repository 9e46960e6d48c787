"""The page of codes: why something was rejected or repaired, with the meaning the code gives."""

from __future__ import annotations

from collections.abc import Mapping

from relgen_assets.generation.asking_again import CHANGES, Change, Warmth
from relgen_assets.integrity.code_meanings import code_groups
from relgen_assets_tests.repository.pages.tables import table

_INTRODUCTION = """# Codes

Reasons and repairs as they stand in tables, metadata and the ledger. A code never changes its
meaning. This page is made from the code by `python -m relgen_assets_tests.repository.pages`.
"""


def codes_page() -> str:
    """Return the page of all codes with their meaning."""
    parts = [
        f"## {title}\n\n{table(('code', 'meaning'), _rows(codes))}\n"
        for title, codes in code_groups().items()
    ]
    return "\n".join([_INTRODUCTION, *parts, _asked_next()])


_ASKED_NEXT = """## What is asked after an unusable answer

While a chunk has attempts left (`extractions.attempts`), what is asked next depends on why the last
answer could not be used. The seed is another in every attempt, and another endpoint is asked
first. A stricter mode is kept from then on, and is taken only if the chunk has terms or statements
to choose from. An answer that was cut off counts as `truncated` even if its first half could be
used.

"""


def _asked_next() -> str:
    """Return the section that says which reason leads to which change."""
    rows = [(f"`{reason.value}`", _changes(change)) for reason, change in CHANGES.items()]
    return f"{_ASKED_NEXT}{table(('reason', 'what changes'), rows)}\n"


def _changes(change: Change) -> str:
    parts = [
        f"mode `{change.mode}`" if change.mode else "",
        "half as many entities and relations" if change.shorter else "",
        {Warmth.WARMER: "warmer", Warmth.COOLER: "half the temperature", Warmth.SAME: ""}[
            change.warmth
        ],
    ]
    return ", ".join(filter(None, parts))


def _rows(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{code}`", meaning) for code, meaning in codes.items()]
