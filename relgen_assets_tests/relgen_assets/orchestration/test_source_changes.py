"""A source changes between two runs: what is new is made, what was paid for stays, all is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from relgen_assets.cli.source_changes import print_source
from relgen_assets.definitions import build_defs
from relgen_assets.export.shards import find_shards
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.orchestration.selection import chosen_batches
from relgen_assets.settings import BatchSettings
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project

ROWS = articles(6, sentences=4)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """Three articles in two batches, all made; the tests run in their order."""
    folder = tmp_path_factory.mktemp("changing")
    with small_project(folder, [server], ROWS[:3]) as opened:
        opened.run()
        yield opened


def rewrite(small: SmallProject, rows: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    Path(small.folder, "papers.jsonl").write_text(text, encoding="utf-8")


def reopened(small: SmallProject, **batches: Any) -> Project:
    """The project, as another command opens it, with other settings of batches."""
    own = small.project.settings
    section = own.batches.model_copy(update=batches)
    return Project(own.model_copy(update={"batches": section}))


def missing(small: SmallProject, project: Project) -> list[str]:
    keys = project.look_again().keys
    return chosen_batches(project, small.instance, small.tables, keys, missing=True, stale=False)


def make(small: SmallProject, project: Project, keys: list[str]) -> None:
    for key in keys:
        run_batch(build_defs(project), small.instance, key)


def stored(small: SmallProject) -> dict[str, list[str]]:
    return {
        key: small.tables.read("raw_papers", key, ("paper_id",)).column(0).to_pylist()
        for key in small.tables.partitions("raw_papers")
    }


def told(project: Project) -> str:
    console = Console(file=StringIO(), width=200)
    print_source(console, project.look_again(), project.settings.batches)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_new_articles_are_made_and_changed_ones_kept_and_named(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    edited = {**ROWS[0], "article": ROWS[0]["article"] + " An edit of the text."}
    rewrite(small, [ROWS[5], edited, ROWS[1], ROWS[3]])
    project = reopened(small)
    assert missing(small, project) == ["papers-00002"]
    make(small, project, ["papers-00002"])
    assert stored(small) == {
        "papers-00000": ["paper-0", "paper-1"],
        "papers-00001": ["paper-2"],
        "papers-00002": ["paper-5", "paper-3"],
    }
    assert missing(small, reopened(small)) == []
    text = told(project)
    assert "1 article edited in the source. What was made of them is kept" in text
    assert "papers-00000: paper-0 (Paper 0)" in text
    assert "1 article withdrawn in the source." in text
    assert "papers-00001: paper-2 (Paper 2)" in text


def test_making_a_batch_again_keeps_what_was_made_and_asks_nothing(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    before = len(asked(server))
    project = reopened(small, size=5)
    make(small, project, ["papers-00000", "papers-00001"])
    assert len(asked(server)) == before
    assert "An edit" not in str(small.tables.read("raw_papers", "papers-00000"))
    assert "paper-0" in told(project), "an edited article stays named"
    assert missing(small, project) == []


def test_the_settings_may_want_what_the_source_says_now(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    project = reopened(small, edited="redo", withdrawn="remove")
    assert "relgen run --missing" in told(project)
    assert missing(small, project) == ["papers-00000", "papers-00001"]
    make(small, project, ["papers-00000", "papers-00001"])
    assert stored(small)["papers-00001"] == []
    paper = small.tables.read("raw_papers", "papers-00000").to_pylist()[0]
    assert paper["article"].endswith("An edit of the text.")
    assert told(reopened(small)) == ""
    assert missing(small, project) == []


def test_every_article_is_once_in_the_dataset(small: SmallProject) -> None:
    ids = [one for batch in stored(small).values() for one in batch]
    assert Counter(ids) == Counter(["paper-0", "paper-1", "paper-3", "paper-5"])
    batches = {shard.partition for shard in find_shards(small.project.settings.storage.dataset)}
    assert batches == {"papers-00000", "papers-00002"}


def test_an_id_that_another_batch_has_is_unusable_and_named(small: SmallProject) -> None:
    source = Path(small.folder, "papers.jsonl")
    again = {**ROWS[4], "id": "paper-1"}
    source.write_text(source.read_text("utf-8") + json.dumps(again) + "\n", encoding="utf-8")
    project = reopened(small)
    assert missing(small, project) == ["papers-00003"]
    make(small, project, ["papers-00003"])
    row = small.tables.read("raw_papers", "papers-00003").to_pylist()[0]
    assert (row["status"], row["reason"]) == ("unusable", "duplicate_id")
    assert "papers-00003: paper-1 (Paper 4), also in papers-00000" in told(project)


def test_a_project_without_manifests_is_taken_over(small: SmallProject) -> None:
    before = stored(small)
    for file in Path(small.folder, "data", "manifests").glob("*.json"):
        file.unlink()
    project = reopened(small)
    assert missing(small, project) == []
    assert {
        key: [n.id for n in one.articles] for key, one in project.batches.manifests.items()
    } == (before)


def test_another_chunk_size_makes_every_batch_stale_and_no_other_asset(
    small: SmallProject,
) -> None:
    own = small.project.settings
    chunking = own.chunking.model_copy(update={"tokens": 90})
    project = Project(own.model_copy(update={"chunking": chunking}))
    keys = project.look_again().keys
    stale = chosen_batches(project, small.instance, small.tables, keys, missing=False, stale=True)
    assert stale == keys
    same = Project(own)
    assert not chosen_batches(
        same, small.instance, small.tables, same.batches.keys, missing=False, stale=True
    )


def test_the_defaults_keep_what_was_paid_for() -> None:
    assert (BatchSettings().edited, BatchSettings().withdrawn) == ("keep", "keep")
