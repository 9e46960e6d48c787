"""Pages of `docs/` that are made from the code, so that they cannot drift from it.

    python -m relgen_assets_tests.repository.pages

writes them; a test fails while a page and the code differ. Only the form of a page belongs here;
its words stand in the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relgen_assets_tests.repository.pages.codes import codes_page
from relgen_assets_tests.repository.pages.endpoint_states import state_page
from relgen_assets_tests.repository.pages.exit_codes import exit_codes_page
from relgen_assets_tests.repository.pages.layers import architecture_page
from relgen_assets_tests.repository.pages.settings import settings_page

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/architecture.md": architecture_page,
    "docs/codes.md": codes_page,
    "docs/endpoint-states.md": state_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/settings.md": settings_page,
}
"""What makes each page, by its path in the project."""
