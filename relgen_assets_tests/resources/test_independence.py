"""`resources` can be used by another project unchanged: it does not name this one."""

from __future__ import annotations

from pathlib import Path

import pytest

import resources

ROOT = Path(resources.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*") if path.suffix in {".py", ".sql", ".md", ".typed"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_names_the_project(path: Path) -> None:
    assert "relgen" not in path.read_text(encoding="utf-8").lower()
