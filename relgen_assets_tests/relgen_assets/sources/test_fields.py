"""Odd fields cost themselves: they are read as text, or left out with a remark."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.sources.cleaning import RawRow, papers
from relgen_assets.sources.text_lists import list_in
from relgen_assets_tests.relgen_assets.sources.articles import PROSE

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def paper(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "article": PROSE,
        "abstract": "An abstract.",
        "section_names": ["Introduction"],
        "paper_id": "p1",
        "has_id": True,
    }
    (one,) = papers([RawRow(**{**values, **changes})], "test")
    return one


@pytest.mark.parametrize(
    ("title", "read"),
    [
        (None, ""),
        (math.nan, ""),
        ("A title", "A title"),
        (["A title"], "A title"),
        (["A title", None, "and more"], "A title and more"),
        (1984, "1984"),
        ({"a": 1}, ""),
        (True, ""),
    ],
)
def test_a_title_is_read_as_text_or_left_out(title: object, read: str) -> None:
    one = paper(title=title)
    assert (one.status, one.title) == ("used", read)


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"title": {"a": 1}}, "title: a table, left out"),
        ({"title": math.nan}, "title: NaN, read as missing"),
        ({"abstract": math.nan}, "abstract: NaN, read as missing"),
        ({"abstract": {"a": 1}}, "abstract: a table, left out"),
        (
            {"section_names": ["One", None, "Two"]},
            "section_names: items of a list that are no text, left out",
        ),
        ({"section_names": {"a": 1}}, "section_names: a table, left out"),
        ({"paper_id": None}, "id: missing or no id, so a hash of the content is taken"),
        ({"paper_id": math.nan}, "id: missing or no id, so a hash of the content is taken"),
        ({"article": str([PROSE, PROSE])}, "article: a list in a text, read as a list"),
        ({"abstract": "Long. " * 3_000}, "abstract: longer than a summary is made of, shortened"),
    ],
)
def test_what_is_odd_is_remarked_and_the_article_used(changes: Any, remark: str) -> None:
    one = paper(**changes)
    assert (one.status, one.remarks) == ("used", [remark])


@given(st.sampled_from(["title", "abstract", "section_names", "paper_id"]), ODD)
def test_no_value_of_another_field_makes_an_article_unusable(field: str, value: object) -> None:
    one = paper(**{field: value})
    assert one.status == "used"
    assert one.paper_id
    one.model_dump_json()


def test_names_beside_nulls_stay() -> None:
    assert paper(section_names=["One", None, math.nan, 3, "Two"]).section_names == ["One", "Two"]


def test_a_whole_number_in_a_column_with_gaps_is_the_id_as_written() -> None:
    assert paper(paper_id=42.0).paper_id == "42"


def test_a_shortened_abstract_ends_with_a_sentence() -> None:
    abstract = paper(abstract="A sentence of the abstract. " * 500).abstract
    assert 7_000 < len(abstract) <= 8_000
    assert abstract.endswith("abstract.")


def test_the_opening_stands_for_a_missing_abstract() -> None:
    one = paper(article=f"A heading\n{PROSE * 8}", abstract=None, section_names=None)
    assert one.status == "used"
    assert one.abstract.startswith("Plants make sugar")
    assert len(one.abstract) <= 1_500
    assert one.remarks == ["abstract: missing, the opening of the text is taken"]


LISTS = [
    "['Introduction', 'Results']",
    '["Introduction", "Results"]',
    "['Introduction' 'Results']",
    "['Introduction'\n 'Results']",
    "array(['Introduction', 'Results'], dtype=object)",
    "('Introduction', 'Results')",
    'c("Introduction", "Results")',
    '{Introduction,"Results"}',
]


@pytest.mark.parametrize("text", LISTS)
def test_a_list_in_a_text_is_read_as_a_list(text: str) -> None:
    assert list_in(text) == ["Introduction", "Results"]
    assert paper(section_names=text).section_names == ["Introduction", "Results"]


@pytest.mark.parametrize(
    "text", ["[sec:a] Introduction", "[1, 2]", "(see below)", "['a', 'b'] and more", "['a'", "{a b"]
)
def test_what_only_looks_like_a_list_stays_text(text: str) -> None:
    assert list_in(text) is None


@given(st.lists(st.none() | st.text(), min_size=1))
def test_lists_of_python_and_of_json_are_read_as_they_were(items: list[str | None]) -> None:
    assert list_in(repr(items)) == items
    assert list_in(json.dumps(items)) == items


def test_deep_lists_end_in_no_error() -> None:
    assert list_in("[" * 100_000) is None
    list_in("[" * 50_000 + "]" * 50_000)
    paper(section_names="[" * 50_000 + "]" * 50_000)
