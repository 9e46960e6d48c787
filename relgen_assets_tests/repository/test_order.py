"""The order in which the test files run."""

from __future__ import annotations

import pytest

from relgen_assets_tests.conftest import LONGEST
from relgen_assets_tests.repository.tree import ROOT


@pytest.mark.parametrize("name", LONGEST)
def test_a_file_that_comes_first_exists(name: str) -> None:
    assert (ROOT / "relgen_assets_tests" / name).is_file()
