"""Pages of `docs/` that are made from the code, so that they cannot say anything else.

    python -m doc_pages     writes them; a test fails while they differ from the code

Here is only how code reads as a page; the code itself holds every word of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from doc_pages.codes import codes_page
from doc_pages.settings import settings_page

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/codes.md": codes_page,
    "docs/settings.md": settings_page,
}
"""What makes each page, by its path in the project."""
