"""Paths of the settings: the same rules for all, wherever a command was started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.project import Project, definitions_root, project_root
from relgen_assets.orchestration.sides import side_of
from relgen_assets.orchestration.versions import code_versions
from relgen_assets.prompts import load_prompts
from relgen_assets.settings import Settings, load_settings
from relgen_assets.sources.evaluation_texts import evaluation_files
from relgen_assets_tests.repository.pages.settings import models_in, type_name
from resources.path_settings import leads_to, marked

SETTINGS = """
[source]
kind = "files"
path = "{place}papers"
[chunking]
tokenizer = "{place}own.model"
[dataset]
tokenizer = "{place}tokenizer.json"
evaluation_texts = ["{place}set.jsonl", "{place}sets"]
[prompts]
folder = "{place}prompts"
[storage]
data = "{place}data"
dataset = "{place}dataset"
releases = "{place}releases"
state = "{place}state"
[ledger]
url = "sqlite:///{place}ledger.db"
password_file = "{place}password"
[evaluation]
gold = "{place}gold.jsonl"
[[pool.endpoints]]
name = "one"
url = "http://127.0.0.1:1"
api_key_file = "{place}key"
ca = "{place}authority.pem"
"""
ABOUT_FILES = re.compile(r"\b(files?|folders?|paths?|patterns?|sqlite)\b", re.IGNORECASE)
ABOUT_OTHERS = {
    "variant": "the name of a folder inside another",
    "match": "part of the name of a model",
    "revision": "a version of a dataset on the hub",
    "include": "patterns inside the folder of the source",
    "exclude": "the same",
}
"""Settings that speak of files and name none themselves."""


def all_fields(model: type[BaseModel] = Settings) -> Iterator[tuple[type[BaseModel], str]]:
    """The fields of all settings, each with its model."""
    for name, field in model.model_fields.items():
        inner = models_in(field.annotation)
        if not inner:
            yield model, name
        for one in inner:
            yield from all_fields(one)


def places(settings: Settings) -> set[str]:
    """The folder of every path, without its name."""
    found: set[str] = set()
    for owner, name, _ in marked(settings):
        value = getattr(owner, name)
        paths = value if isinstance(value, list) else [value or ""]
        found |= {str(Path(path.removeprefix("sqlite:///")).parent) for path in paths}
    return found


def test_no_setting_that_names_a_file_is_forgotten() -> None:
    forgotten = [
        f"{model.__name__}.{name}"
        for model, name in all_fields()
        if type_name((field := model.model_fields[name]).annotation).count("text")
        and ABOUT_FILES.search(f"{name.replace('_', ' ')} {field.description}")
        and leads_to(field) is None
        and name not in ABOUT_OTHERS
    ]
    assert not forgotten, "mark them: Annotated[str, LeadsTo.place]"


def test_the_settings_here_are_all_that_name_files(tmp_path: Path) -> None:
    (tmp_path / "relgen.toml").write_text(SETTINGS.format(place=""), encoding="utf-8")
    here = {(type(owner), name) for owner, name, _ in marked(load_settings(tmp_path))}
    named = {one for one in all_fields() if leads_to(one[0].model_fields[one[1]])}
    of_other_kinds = {name for model, name in named - here if "kind" in model.model_fields}
    assert {name for _, name in named - here} == of_other_kinds == {"dataset", "path"}


@pytest.mark.parametrize("name", ["plain", "with [brackets] and spaces"])
def test_relative_paths_begin_in_the_project_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "relgen.toml").write_text(SETTINGS.format(place=""), encoding="utf-8")
    assert places(load_settings(folder)) == {str(folder)}


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    (tmp_path / "relgen.toml").write_text(SETTINGS.format(place="~/"), encoding="utf-8")
    assert places(load_settings(tmp_path)) == {"/home/me"}


def test_urls_and_databases_in_memory_stay_as_they_are(tmp_path: Path) -> None:
    settings = load_settings(
        tmp_path,
        {"storage": {"data": "memory://data"}, "ledger": {"url": "sqlite:///:memory:"}},
    )
    assert (settings.storage.data, settings.ledger.url) == ("memory://data", "sqlite:///:memory:")


@pytest.mark.parametrize(
    ("dataset", "is_local"), [("copy", True), ("./copy", True), ("me/it", False)]
)
def test_a_dataset_is_a_folder_or_an_id_on_the_hub(
    tmp_path: Path, dataset: str, *, is_local: bool
) -> None:
    (tmp_path / "copy").mkdir()
    source = load_settings(
        tmp_path, {"source": {"kind": "scientific_papers", "dataset": dataset}}
    ).source.model_dump()
    assert source["dataset"] == (str(tmp_path / "copy") if is_local else dataset)


@pytest.mark.parametrize("folder", ["plain", "with [brackets] and *"])
def test_the_name_of_the_project_folder_is_no_pattern(tmp_path: Path, folder: str) -> None:
    root = tmp_path / folder
    (root / "sets").mkdir(parents=True)
    for name in ("one.jsonl", "other.jsonl", "plain.txt"):
        (root / "sets" / name).write_text('"text"', encoding="utf-8")
    named = ["sets/*.jsonl", "sets/plain.txt"]
    settings = load_settings(root, {"dataset": {"evaluation_texts": named}})
    found = evaluation_files(settings.dataset.evaluation_texts, state=tmp_path)
    assert [one.name for one in found] == ["sets/one.jsonl", "sets/other.jsonl", "sets/plain.txt"]
    settings.locate_again()
    again = evaluation_files(settings.dataset.evaluation_texts, state=tmp_path)
    assert [one.file.path for one in again] == [one.file.path for one in found]


def test_what_is_compared_finds_its_files_as_the_project_does(tmp_path: Path) -> None:
    text = SETTINGS.format(place="")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "relgen.toml").write_text(text, encoding="utf-8")
    (tmp_path / "other.toml").write_text(text + "slots = 2\n", encoding="utf-8")
    project = Project(load_settings(tmp_path))
    (endpoint,) = side_of("other.toml", project, tmp_path).settings.pool.endpoints
    assert (endpoint.slots, endpoint.ca) == (2, str(tmp_path / "authority.pem"))


def test_a_moved_project_is_not_stale(tmp_path: Path) -> None:
    versions = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        text = SETTINGS.format(place="")
        (folder / "relgen.toml").write_text(text, encoding="utf-8")
        versions.append(code_versions(load_settings(folder), load_prompts(folder / "none")))
    assert versions[0] == versions[1]


def test_a_default_counts_as_not_set_by_the_user(tmp_path: Path) -> None:
    assert "folder" not in load_settings(tmp_path).prompts.model_fields_set


def test_the_variable_names_the_project_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    (project / "relgen.toml").touch()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("RELGEN_PROJECT", str(project))
    assert project_root() == definitions_root() == project
    assert load_settings(project).source.kind == "sample", "it is no setting"
    monkeypatch.delenv("RELGEN_PROJECT")
    monkeypatch.setenv("DAGSTER_HOME", str(project / ".relgen"))
    assert definitions_root() == project
    monkeypatch.setenv("RELGEN_PROJECT", str(tmp_path / "gone"))
    with pytest.raises(ConfigurationError, match="RELGEN_PROJECT"):
        project_root()
