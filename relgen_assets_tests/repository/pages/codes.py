"""The page of codes: why something was rejected or repaired, with the meaning the code gives."""

from __future__ import annotations

from collections.abc import Mapping

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
    return "\n".join([_INTRODUCTION, *parts])


def _rows(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{code}`", meaning) for code, meaning in codes.items()]
