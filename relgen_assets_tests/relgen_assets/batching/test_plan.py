"""How a source is divided: whatever happens to it, nothing is lost and nothing is made twice."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.batching.manifest import ArticleNote, Identity, Manifest
from relgen_assets.batching.plan import Plan, SourceView, divide

Article = Identity


@dataclass
class World:
    """A source that changes, and the batches that were begun of it."""

    source: list[Article]
    size: int = 2
    version: int = 0
    manifests: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    dropped: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    surveys: int = 0

    def plan(self, identity: str = "by id") -> Plan:
        def survey() -> list[Article]:
            self.surveys += 1
            return self.source

        view = SourceView(len(self.source), str(self.version), identity, "as now", survey)
        return divide(view, self.manifests, name="papers", size=self.size, dropped=self.dropped)

    def change(self, *source: Article) -> None:
        self.source, self.version = list(source), self.version + 1

    def begin(self, *keys: str) -> None:
        """Begin the given batches, one after the other; without arguments all that are new."""
        for key in keys or tuple(self.plan().new):
            rows = self.plan().new[key]
            notes = (
                ArticleNote(id=self.source[row].id, digest=self.source[row].digest, row=row)
                for row in rows
            )
            self.manifests[key] = Manifest(
                batch=key,
                version=str(self.version),
                identity="by id",
                reading="as now",
                articles=tuple(notes),
            )

    def drop(self, key: str) -> None:
        self.dropped[key] = self.manifests.pop(key)

    def ids(self, key: str) -> list[str]:
        """The ids of a batch, begun or not."""
        if key in self.manifests:
            return [note.id for note in self.manifests[key].articles]
        return [self.source[row].id for row in self.plan().new[key]]


def articles(*names: str) -> list[Article]:
    """Articles that say their names."""
    return [Identity(name, f"text of {name}") for name in names]


def edited(name: str) -> Article:
    return Identity(name, f"another text of {name}")


def changes(world: World) -> dict[str, str | None]:
    return {place.note.id: place.change for _, place in world.plan().changed()}


def test_a_new_source_is_divided_in_its_order_without_being_read() -> None:
    world = World(articles(*"abcde"))
    assert [world.ids(key) for key in world.plan().keys] == [["a", "b"], ["c", "d"], ["e"]]
    assert world.surveys == 0


def test_a_source_that_stays_as_it_is_is_never_read_to_plan() -> None:
    world = World(articles(*"abcde"))
    world.begin()
    assert list(world.plan().new) == []
    assert world.surveys == 0


def test_a_row_inserted_at_the_top_makes_a_batch_of_its_own() -> None:
    world = World(articles(*"abcd"))
    world.begin()
    world.change(*articles(*"xabcd"))
    assert {key: world.ids(key) for key in world.plan().new} == {"papers-00002": ["x"]}
    assert changes(world) == {}


def test_a_source_that_grows_inside_its_last_batch_makes_further_batches() -> None:
    world = World(articles(*"abc"))
    world.begin()
    world.change(*articles(*"abcde"))
    assert {key: world.ids(key) for key in world.plan().new} == {"papers-00002": ["d", "e"]}


def test_another_size_changes_only_what_is_not_begun() -> None:
    world = World(articles(*"abcdefgh"))
    world.begin("papers-00000", "papers-00002")
    world.size = 3
    new = {key: world.ids(key) for key in world.plan().new}
    assert new == {"papers-00001": ["c", "d", "g"], "papers-00003": ["h"]}


def test_withdrawn_edited_and_moved_articles_are_told_apart() -> None:
    world = World(articles(*"abcdef"), size=3)
    world.begin()
    world.change(*articles("b", "c", "a"), edited("d"), *articles("f"))
    assert changes(world) == {"a": "moved", "d": "edited", "e": "withdrawn"}
    assert not world.plan().new


def test_an_edit_is_no_edit_if_the_settings_read_articles_otherwise() -> None:
    world = World(articles(*"ab"))
    world.begin()
    world.change(edited("a"), edited("b"))
    world.manifests = {
        key: one.model_copy(update={"reading": "otherwise"}) for key, one in world.manifests.items()
    }
    assert changes(world) == {}
    assert not world.plan().new


def test_other_ids_in_other_files_release_the_batches_instead_of_doubling_them() -> None:
    world = World(articles(*"abcd"))
    world.begin()
    world.change(*articles("1", "2", "3", "4"))
    plan = world.plan(identity="by another column")
    assert plan.keys == ["papers-00000", "papers-00001"]
    assert plan.released == ["papers-00000", "papers-00001"]


def test_other_ids_of_the_same_files_are_the_same_articles() -> None:
    world = World(articles(*"abcd"))
    world.begin()
    world.source = articles("1", "2", "3", "4")
    plan = world.plan(identity="by another column")
    assert not plan.new
    assert not plan.released


def test_a_dropped_batch_is_apart_from_articles_that_are_new() -> None:
    world = World(articles(*"abcd"))
    world.begin()
    world.drop("papers-00000")
    world.change(*articles(*"abcde"))
    plan = world.plan()
    assert {key: (world.ids(key), plan.was_dropped(key)) for key in plan.new} == {
        "papers-00000": (["e"], False),
        "papers-00002": (["a", "b"], True),
    }


def test_articles_with_one_id_are_found_by_what_they_say() -> None:
    world = World([Identity("a", "one"), Identity("a", "two"), *articles("b", "c")])
    world.begin()
    world.change(Identity("a", "two"), *articles("b", "c"))
    assert [p.note.digest for _, p in world.plan().changed()] == ["one"]


def test_an_id_in_two_batches_is_told_with_both() -> None:
    world = World([*articles("a", "b"), Identity("a", "another")])
    world.begin()
    assert [(key, note.id, other) for key, note, other in world.plan().repeated()] == [
        ("papers-00001", "a", "papers-00000")
    ]


ids = st.sampled_from([f"id-{number}" for number in range(12)])
texts = st.sampled_from(["one", "two", "three"])
source_articles = st.lists(st.builds(Identity, ids, texts), max_size=14)
steps = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "edit", "move", "size", "begin", "begin all", "drop"]),
        st.randoms(use_true_random=False),
    ),
    max_size=12,
)


@given(start=source_articles, size=st.integers(1, 4), steps=steps)
def test_whatever_happens_no_article_is_lost_and_none_is_in_two_batches(
    start: list[Article], size: int, steps: list[tuple[str, random.Random]]
) -> None:
    world = World(start, size)
    for what, draw in steps:
        step(world, what, draw)
        complete(world)
    world.begin()
    complete(world)
    assert not world.plan().new


def step(world: World, what: str, draw: random.Random) -> None:
    """Change the source, or begin or drop batches, as users do between runs."""
    source = list(world.source)
    at = draw.randrange(len(source)) if source else 0
    if what == "insert":
        source.insert(at, Identity(f"id-{draw.randrange(12)}", draw.choice(["one", "two"])))
    elif what == "delete" and source:
        del source[at]
    elif what == "edit" and source:
        source[at] = source[at]._replace(digest=f"edit {draw.random()}")
    elif what == "move" and source:
        source.insert(draw.randrange(len(source)), source.pop(at))
    elif what == "size":
        world.size = draw.randint(1, 4)
    elif what == "begin" and (new := list(world.plan().new)):
        world.begin(draw.choice(new))
    elif what == "begin all":
        world.begin()
    elif what == "drop" and world.manifests:
        world.drop(draw.choice(sorted(world.manifests)))
    if source != world.source:
        world.change(*source)


def complete(world: World) -> None:
    """Every row of the source is in exactly one batch, and every other article is told."""
    plan = world.plan()
    placed = [place.row for places in plan.begun.values() for place in places]
    rows = Counter([row for row in placed if row is not None])
    rows.update(row for new in plan.new.values() for row in new)
    assert rows == Counter(range(len(world.source)))
    assert set(plan.begun) == set(world.manifests)
    assert set(plan.keys) == plan.begun.keys() | plan.new.keys()
    for places in plan.begun.values():
        for place in places:
            if place.row is None:
                assert place.change == "withdrawn"
            else:
                now = world.source[place.row]
                assert now.id == place.note.id
                assert (now.digest != place.note.digest) == (place.change == "edited")
