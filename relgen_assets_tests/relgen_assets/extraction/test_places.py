"""Where names stand in a text: what is marked occurs, and what occurs is marked."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import occurs
from relgen_assets.extraction.places import draft_of, places

WORDS = st.sampled_from(["sea", "ice", "sheet", "é", "x2", "-", "++", "(a)", "\n", "  ", "seas"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


def marked(names: list[str], text: str) -> list[str]:
    return [text[place.start : place.end] for place in places(names, text)]


def test_every_place_of_a_name_is_found_in_whole_words() -> None:
    assert marked(["sea", "ice"], "Sea ice: the sea is cold, seas and ice.") == [
        "ice",
        "sea",
        "ice",
    ]


def test_of_overlapping_names_the_first_and_longest_is_kept() -> None:
    text = "oxygen and reactive oxygen species of sea ice sheets"
    assert marked(["oxygen", "reactive oxygen species"], text) == [
        "oxygen",
        "reactive oxygen species",
    ]
    assert marked(["ice sheets", "sea ice"], text) == ["sea ice"]


def test_white_space_inside_a_name_is_that_of_the_text() -> None:
    assert marked(["sea ice"], "cold sea\n  ice") == ["sea\n  ice"]


@given(NAMES, TEXTS)
def test_a_name_has_a_place_exactly_if_it_occurs(name: str, text: str) -> None:
    assert bool(places([name], text)) == occurs(name, text)


@given(st.lists(NAMES, max_size=4), TEXTS)
def test_places_are_in_order_and_do_not_overlap(names: list[str], text: str) -> None:
    found = places(names, text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(text[one.start : one.end].split() == one.name.split() for one in found)


def test_a_rejected_answer_still_says_what_it_names() -> None:
    draft = draft_of('Sure! {"entities": ["kelp", "urchins"], "relations": []}')
    assert draft is not None
    assert draft.entities == ["kelp", "urchins"]
    assert draft_of("I would rather not say.") is None
