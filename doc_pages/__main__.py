"""Write all pages that are made from the code."""

from __future__ import annotations

from pathlib import Path

from doc_pages import PAGES

if __name__ == "__main__":
    for path, page in PAGES.items():
        (Path(__file__).parents[1] / path).write_text(page(), encoding="utf-8")
