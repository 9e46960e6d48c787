"""Rows of articles for the tests of sources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PROSE = (
    "Plants make sugar from light, water and carbon dioxide. The light is caught by chlorophyll "
    "in the thylakoid membranes, and its energy splits water into oxygen, protons and electrons. "
    "The electrons travel along a chain of carriers until they reduce NADP.\n"
)


def row(number: int, **changes: Any) -> dict[str, Any]:
    """Return a usable row of a table of articles, different for each number."""
    values: dict[str, Any] = {
        "id": f"paper-{number}",
        "article": f"Article {number}. {PROSE}",
        "abstract": f"Abstract {number}.",
        "section_names": "Introduction\nResults",
        "title": f"Title {number}",
    }
    return {**values, **changes}


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write rows as JSON lines and return the path."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
