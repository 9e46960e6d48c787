"""The asset `published_dataset`: in the graph where a repository is named, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import huggingface_hub.constants
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.orchestration.assets import published_dataset
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import load_settings
from relgen_assets_tests.fakes.hub import READER, WRITER, FakeHub
from relgen_assets_tests.relgen_assets.release.folders import dataset, release

NAME = "lab/lakes"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with FakeHub(page=50) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def project(folder: Path, **publishing: Any) -> Project:
    settings = load_settings(
        folder,
        {
            "publishing": publishing,
            "storage": {"releases": str(folder / "releases")},
            "rights": {"models": [{"match": "-", "outputs": "free", "terms": "tests"}]},
        },
    )
    return Project(settings)


def test_it_is_in_the_graph_only_where_a_repository_is_named(tmp_path: Path) -> None:
    key = dg.AssetKey("published_dataset")
    without = build_defs(project(tmp_path)).resolve_asset_graph()
    assert not without.has(key)
    graph = build_defs(project(tmp_path, repo=NAME)).resolve_asset_graph()
    assert graph.get(key).parent_keys == {dg.AssetKey("dataset_card")}
    assert graph.get(key).group_name == "relgen"
    assert graph.get(key).automation_condition is None, "nothing is published by itself"


def test_it_publishes_the_newest_release_and_says_what_it_did(tmp_path: Path, hub: FakeHub) -> None:
    release(dataset(tmp_path / "dataset", ["b-0"]), tmp_path / "releases" / "v1")
    asset = published_dataset.build(project(tmp_path, repo=NAME), NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", WRITER)
        (done,) = dg.materialize([asset]).asset_materializations_for_node("published_dataset")
    repository = hub.repositories[NAME]
    said: dict[str, Any] = {name: value.value for name, value in done.metadata.items()}
    assert said["repository"] == NAME
    assert said["url"] == f"{hub.url}/datasets/{NAME}"
    assert said["commit"] == f"{hub.url}/datasets/{NAME}/commit/{repository.commit}"
    assert said["private"] is True
    assert said["files"]["added"] == len(repository.files) - 1
    sizes = {path: len(content) for path, content in repository.files.items()}
    assert said["bytes"]["added"] == sum(sizes.values()) - sizes[".gitattributes"]
    assert said["files"]["removed"] == said["bytes"]["removed"] == 0


@pytest.mark.parametrize("token", [READER, "hf_unknownCanary", "hf_canary\tbroken"])
def test_a_failure_says_the_remedy_first_and_no_event_holds_the_token(
    tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    release(dataset(tmp_path / "dataset", ["b-0"]), tmp_path / "releases" / "v1")
    asset = published_dataset.build(project(tmp_path, repo=NAME), NAME)
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([asset], instance=instance, raise_on_error=False)
        events = "".join(map(str, instance.all_logs(done.run_id)))
    assert not done.success
    failure = done.failure_data_for_node("published_dataset")
    assert failure is not None and failure.user_failure_data is not None
    assert "token" in str(failure.user_failure_data.description)
    assert "anary" not in events


def test_without_a_release_it_says_to_make_one(tmp_path: Path, hub: FakeHub) -> None:
    asset = published_dataset.build(project(tmp_path, repo=NAME), NAME)
    done = dg.materialize([asset], raise_on_error=False)
    failure = done.failure_data_for_node("published_dataset")
    assert failure is not None and failure.user_failure_data is not None
    assert "relgen release" in str(failure.user_failure_data.description)
