"""The pages made from the code: they say what the code says, all of it."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.integrity.code_meanings import meanings
from relgen_assets.settings import Settings
from relgen_assets.sources.cleaning import REASONS
from relgen_assets_tests.repository.pages import PAGES
from relgen_assets_tests.repository.pages.settings import models_in
from relgen_assets_tests.repository.tree import ROOT
from resources.generation import FailureReason


def all_models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return a model and all models inside it."""
    inner = [one for field in model.model_fields.values() for one in models_in(field.annotation)]
    return [model, *(deeper for one in inner for deeper in all_models(one))]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_what_the_code_says(path: str) -> None:
    written = (ROOT / path).read_text(encoding="utf-8")
    assert written == PAGES[path](), "run python -m relgen_assets_tests.repository.pages"


@pytest.mark.parametrize("path", PAGES)
def test_the_readme_links_every_page(path: str) -> None:
    assert f"]({path})" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", all_models(Settings)[1:], ids=lambda model: model.__name__)
def test_every_setting_is_described_and_on_the_page(model: type[BaseModel]) -> None:
    page = PAGES["docs/settings.md"]()
    for name, field in model.model_fields.items():
        assert field.description, name
        assert f"`{name}`" in page or f".{name}]" in page, name


def test_every_code_has_its_meaning_on_the_page() -> None:
    lines = PAGES["docs/codes.md"]().splitlines()
    for code in (*RejectionReason, *Repair, *FailureReason, *REASONS):
        assert any(line.startswith(f"| `{code}` | ") and len(line) > 20 for line in lines), code


def test_the_meaning_of_a_code_is_the_string_below_it() -> None:
    source = 'A = "a"\n"""First."""\nB = "b"\nclass C:\n    D = "d"\n    """Inner."""\n'
    assert meanings(source) == {"A": "First.", "D": "Inner."}
