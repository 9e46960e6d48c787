"""Paths of the settings: the same rules for all, wherever a command was started."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.project import definitions_root, project_root
from relgen_assets.orchestration.versions import code_versions
from relgen_assets.prompts import load_prompts
from relgen_assets.settings import Settings, load_settings

SETTINGS = """
[source]
kind = "files"
path = "{place}papers"
[chunking]
tokenizer = "{place}own.model"
[dataset]
tokenizer = "{place}tokenizer.json"
[prompts]
folder = "{place}prompts"
[storage]
data = "{place}data"
dataset = "{place}dataset"
releases = "{place}releases"
state = "{place}state"
[ledger]
url = "sqlite:///{place}ledger.db"
"""


def places(settings: Settings) -> set[str]:
    """The folder of every path, without its name."""
    storage = settings.storage
    paths = [
        settings.source.model_dump()["path"],
        settings.chunking.tokenizer,
        settings.dataset.tokenizer,
        settings.prompts.folder,
        storage.data,
        storage.dataset,
        storage.releases,
        storage.state,
        settings.ledger.url.removeprefix("sqlite:///"),
    ]
    return {str(Path(path or "").parent) for path in paths}


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
