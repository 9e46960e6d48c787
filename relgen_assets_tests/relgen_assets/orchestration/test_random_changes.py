"""Whatever happens to a source between runs: no article is lost, none is twice, all is told.

The tests run in their order, each on the project that the one before has left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from relgen_assets.cli.source_changes import source_part
from relgen_assets.definitions import build_defs
from relgen_assets.export.shards import find_shards, full_rows
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch
from relgen_assets.orchestration.selection import chosen_batches
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project

ROWS = articles(60, sentences=4)
OPERATIONS = ("insert", "withdraw", "edit", "move")


def article(number: int, version: int = 0) -> dict[str, Any]:
    """An article; versions are edits of it."""
    edit = f" Edit {version} adds a sentence." if version else ""
    row = ROWS[number]
    return {**row, "article": row["article"] + edit}


class Changing:
    """A project whose source changes, and what should be known of it.

    Attributes:
        rows: The source of now.
        made: The text of every article, by its id, when it was made.
    """

    def __init__(self, small: SmallProject, rows: list[dict[str, Any]]) -> None:
        self._small = small
        self.rows = rows
        self.made: dict[str, str] = {}
        self._next = len(rows)

    def change(self, operation: str, place: float) -> None:
        """Do something to the source, at a place from 0 to 1, its end."""
        at = int(place * len(self.rows))  # never the end, unless the place is 1
        if operation == "insert" or not self.rows:
            self.rows.insert(at, article(self._next))
            self._next += 1
        elif operation == "edit":
            number = int(self.rows[at]["id"].removeprefix("paper-"))
            self.rows[at] = article(number, version=self._next)
            self._next += 1
        else:
            taken = self.rows.pop(at)
            if operation == "move":
                self.rows.append(taken)

    def opened(self) -> Project:
        """The project, as the next command opens it."""
        text = "".join(json.dumps(row) + "\n" for row in self.rows)
        Path(self._small.folder, "papers.jsonl").write_text(text, encoding="utf-8")
        return Project(self._small.project.settings)

    def missing(self, project: Project) -> list[str]:
        """The batches that `relgen run --missing` makes."""
        keys, small = project.look_again().keys, self._small
        return chosen_batches(
            project, small.instance, small.tables, keys, missing=True, stale=False
        )

    def make_missing(self) -> Project:
        """Make them, as a command that opens the project anew."""
        project = self.opened()
        for key in self.missing(project):
            run_batch(build_defs(project), self._small.instance, key)
        for row in self.rows:
            self.made.setdefault(row["id"], row["article"])
        return project

    def stored(self) -> list[str]:
        """The ids of the articles of all batches."""
        tables = self._small.tables
        return [
            one
            for key in tables.partitions("raw_papers")
            for one in tables.read("raw_papers", key, ("paper_id",)).column(0).to_pylist()
        ]

    def told(self, project: Project) -> dict[str, set[str]]:
        """The ids that `relgen status` names, by what became of them."""
        part = source_part(project.look_again(), project.settings.batches, [])
        found: dict[str, set[str]] = {"repeated": {one.article for one in part.repeated}}
        for one in part.changed:
            found.setdefault(one.change, set()).add(one.article)
        return found


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changing]:
    folder = tmp_path_factory.mktemp("random")
    rows = [article(number) for number in range(3)]
    every_row = {"empty_percent": 100}  # so that each article is in the dataset
    with (
        FakeLlamaServer(slots=3) as server,
        small_project(folder, [server], rows, dataset=every_row) as small,
    ):
        changing = Changing(small, rows)
        changing.make_missing()
        yield changing


def test_a_source_that_grows_inside_its_last_batch_loses_nothing(changing: Changing) -> None:
    assert changing.stored() == [f"paper-{number}" for number in range(3)]
    for _ in range(2):
        changing.change("insert", 1.0)
    project = changing.make_missing()
    assert Counter(changing.stored()) == Counter([f"paper-{number}" for number in range(5)])
    assert changing.missing(project) == []
    assert changing.told(project) == {"repeated": set()}


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # the project goes on, so no example can be tried again
    suppress_health_check=list(HealthCheck),
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.floats(0, 0.999)), min_size=2, max_size=5
    )
)
def test_no_article_is_lost_and_none_is_twice(
    changing: Changing, steps: list[tuple[str, float]]
) -> None:
    for operation, place in steps:
        changing.change(operation, place)
    project = changing.make_missing()
    assert Counter(changing.stored()) == Counter(list(changing.made))
    assert changing.missing(project) == []
    now = {row["id"]: row["article"] for row in changing.rows}
    told = changing.told(project)
    assert told.get("withdrawn", set()) == changing.made.keys() - now.keys()
    assert told.get("edited", set()) == {
        one for one, text in now.items() if changing.made[one] != text
    }
    batches: dict[str, set[str]] = {}
    for shard in find_shards(project.settings.storage.dataset):
        for row in full_rows([shard]):
            batches.setdefault(row.paper_id, set()).add(shard.partition)
    assert batches.keys() <= changing.made.keys()
    assert {len(found) for found in batches.values()} == {1}


def test_an_id_with_other_content_in_another_batch_is_told_by_name(changing: Changing) -> None:
    used = next(iter(changing.made))
    changing.rows.append({**article(59), "id": used})
    project = changing.make_missing()
    assert changing.told(project)["repeated"] == {used}
    assert changing.missing(project) == []
