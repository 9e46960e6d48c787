"""The pages made from the code: they say what the code says, all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from relgen_assets.cli.app import app
from relgen_assets.cli.documents import DOCUMENTS
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
def test_every_page_is_linked_from_the_readme_or_from_the_overview_it_links(path: str) -> None:
    overview = "docs/architecture.md"
    links = {
        document: (ROOT / document).read_text(encoding="utf-8")
        for document in ("README.md", overview)
    }
    assert f"]({overview})" in links["README.md"]
    assert f"]({path})" in links["README.md"] or f"]({Path(path).name})" in links[overview]


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=lambda document: document.__name__)
def test_every_key_of_a_document_is_explained_and_on_the_page(document: type[BaseModel]) -> None:
    page = PAGES["docs/exit-codes.md"]()
    for model in all_models(document):
        for name, field in model.model_fields.items():
            assert field.description, name
            assert f"| `{name}` |" in page, name


def test_every_command_with_json_has_a_document() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert set(DOCUMENTS) == set(_commands_with_json(group))


def _commands_with_json(group: TyperGroup, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands_with_json(command, f"{path}{name} ")
        elif any("--json" in parameter.opts for parameter in command.params):
            yield f"{path}{name}"


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
