"""Write all pages that are made from the code."""

from __future__ import annotations

from relgen_assets_tests.repository.pages import PAGES
from relgen_assets_tests.repository.tree import ROOT

if __name__ == "__main__":
    for path, page in PAGES.items():
        (ROOT / path).write_text(page(), encoding="utf-8")
