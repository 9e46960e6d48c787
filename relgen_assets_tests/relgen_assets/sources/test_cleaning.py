"""How rows become papers: what is cleaned, what stays as it is, and what cannot be used."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.sources.cleaning import (
    DUPLICATE_ID,
    EMPTY_ARTICLE,
    NO_CONTEXT,
    NOT_A_STRING,
    NOT_TEXT,
    REASONS,
    TOO_SHORT,
    RawRow,
    clean_line,
    clean_section_names,
    clean_text,
    papers,
)
from relgen_assets_tests.relgen_assets.sources.articles import PROSE

FUNDING = (
    "This work was supported by the National Science Foundation under grant 1234567. The second "
    "author acknowledges a fellowship of the Humboldt Foundation. The funders had no role in the "
    "design of the study. Financial support from the Wellcome Trust is acknowledged as well."
)


def raw(**changes: Any) -> RawRow:
    values: dict[str, Any] = {
        "article": PROSE,
        "abstract": "An abstract.",
        "section_names": "Introduction",
        "paper_id": "p1",
    }
    return RawRow(**{**values, **changes})


def reason(**changes: Any) -> str | None:
    (paper,) = papers([raw(**changes)], "test")
    assert (paper.status == "unusable") == (paper.reason is not None)
    return paper.reason


def test_control_characters_go_and_line_breaks_become_newlines() -> None:
    assert clean_text("a\x00b\tc\r\nd\re\x0cf\x85g\u2028h\x1bi\ud800j") == "ab\tc\nd\ne\nf\ng\nhij"


def test_masks_and_white_space_of_an_article_stay() -> None:
    article = "  Let @xmath0 be , see @xcite .\n\n\tThen\u00a0 done .  "
    assert clean_text(article) == article


@given(st.text(st.characters()))
def test_cleaned_text_can_be_stored_and_is_clean(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean_text(cleaned) == cleaned


def test_abstracts_are_on_one_line() -> None:
    assert (
        clean_line(" we study  @xmath0 .\n it is\x00 large . \n")
        == "we study @xmath0 . it is large ."
    )


def test_section_names_lose_their_labels() -> None:
    names = ["[sec:intro]introduction", " [s1][s2] Methods ", "[sec:empty]", "", "on [0, 1] maps"]
    assert clean_section_names(names) == ["introduction", "Methods", "on [0, 1] maps"]


@pytest.mark.parametrize(
    "names", ["Introduction\r\nResults\n", ["Introduction", "Results"], ("Introduction", "Results")]
)
def test_section_names_are_lines_or_a_list(names: object) -> None:
    (paper,) = papers([raw(section_names=names)], "test")
    assert paper.section_names == ["Introduction", "Results"]
    assert paper.status == "used"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"abstract": None}, None),
        ({"section_names": None}, None),
        ({"article": None}, EMPTY_ARTICLE),
        ({"article": " \n\x00 "}, EMPTY_ARTICLE),
        ({"article": "Too short to say anything."}, TOO_SHORT),
        ({"article": "0.12 | 17 % = + 3.4 ;\n" * 50}, NOT_TEXT),
        ({"article": "植物利用光能把水和二氧化碳变成糖。" * 20}, None),
        ({"abstract": " \n", "section_names": "\n[sec:a]\n"}, TOO_SHORT),
        ({"abstract": "", "section_names": "", "article": PROSE * 3}, None),
        ({"abstract": "", "section_names": "", "article": "A heading\n" * 60}, NO_CONTEXT),
        ({"article": FUNDING}, TOO_SHORT),
        ({"article": 17}, NOT_A_STRING),
        ({"article": {"a": 1}}, NOT_A_STRING),
        ({"article": ["a", "b"]}, TOO_SHORT),
        ({"article": [PROSE, None, PROSE]}, None),
    ],
)
def test_unusable_rows_have_a_reason(changes: dict[str, Any], expected: str | None) -> None:
    assert reason(**changes) == expected
    assert expected is None or expected in REASONS


def test_every_row_is_kept_in_order() -> None:
    rows = [raw(paper_id="a"), raw(paper_id="b", article=""), raw(paper_id="a"), raw(paper_id="c")]
    kept = list(papers(rows, "test"))
    assert [(p.paper_id, p.reason) for p in kept] == [
        ("a", None),
        ("b", EMPTY_ARTICLE),
        ("a", DUPLICATE_ID),
        ("c", None),
    ]
    assert {p.source for p in kept} == {"test"}


def test_ids_of_content_are_stable_and_different() -> None:
    rows = [raw(paper_id=None), raw(paper_id=None, article=PROSE + "More."), raw(paper_id=" ")]
    first, second, same = papers(rows, "test")
    assert len(first.paper_id) == 16
    assert first.paper_id != second.paper_id
    assert (same.paper_id, same.reason) == (first.paper_id, DUPLICATE_ID)
    assert next(papers(rows, "other")).paper_id == first.paper_id


def test_numbers_can_be_ids() -> None:
    (paper,) = papers([raw(paper_id=42)], "test")
    assert paper.paper_id == "42"
