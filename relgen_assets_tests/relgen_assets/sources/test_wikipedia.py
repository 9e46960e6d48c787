"""Encyclopedia articles: the lead is the abstract, the headings are the sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import WikipediaColumns, WikipediaSource
from relgen_assets.sources import open_source
from relgen_assets.sources.cleaning import EMPTY_ARTICLE, NOT_A_STRING
from relgen_assets.sources.wikipedia import outline
from relgen_assets_tests.relgen_assets.sources.articles import PROSE, write_json_lines

PLAIN = f"""Photosynthesis is a process of plants.

It is old.

Overview

{PROSE}
It has two stages:

Light reactions

{PROSE}
1, 2 and 3

References"""

MARKUP = f"""Photosynthesis is a process of plants.

It is old.

== Overview ==
{PROSE}
=== Light reactions===
{PROSE}
a == b is not a heading
"""


def test_plain_headings_are_short_lines_on_their_own() -> None:
    parts = outline(PLAIN)
    assert parts.lead == "Photosynthesis is a process of plants.\n\nIt is old."
    assert parts.headings == ["Overview", "Light reactions", "1, 2 and 3"]
    assert parts.body.startswith("Overview\n\nPlants make")
    assert parts.body.endswith("References")


def test_headings_in_markup_are_recognised() -> None:
    parts = outline(MARKUP)
    assert parts.lead == "Photosynthesis is a process of plants.\n\nIt is old."
    assert parts.headings == ["Overview", "Light reactions"]
    assert parts.body.startswith("== Overview ==\nPlants make")


def test_without_headings_the_first_paragraph_is_the_lead() -> None:
    parts = outline("One paragraph.\n\nAnother one.\n\nAnd a last.")
    assert (parts.lead, parts.headings) == ("One paragraph.", [])
    assert parts.body == "Another one.\n\nAnd a last."


@pytest.mark.parametrize("text", ["", "  \n", "Only a lead.", "== Only ==\ntext"])
def test_short_articles_have_parts_too(text: str) -> None:
    parts = outline(text)
    assert parts.lead + parts.body == text.strip()


def test_papers_are_made_of_the_parts(tmp_path: Path) -> None:
    rows = [
        {"id": 12, "url": "u", "title": "Photosynthesis", "text": PLAIN},
        {"id": 13, "url": "u", "title": "Stub", "text": "Only a lead."},
        {"id": 14, "url": "u", "title": "Number", "text": 7},
    ]
    path = write_json_lines(tmp_path / "wiki.jsonl", rows)
    source = open_source(WikipediaSource(kind="wikipedia", path=str(path)), state=tmp_path)
    assert source.count() == 3
    first, stub, number = source.read(0, 3)
    assert (first.paper_id, first.title, first.source) == ("12", "Photosynthesis", "wikipedia")
    assert first.abstract == "Photosynthesis is a process of plants. It is old."
    assert first.section_names == ["Overview", "Light reactions", "1, 2 and 3"]
    assert first.article == outline(PLAIN).body
    assert (stub.reason, number.reason) == (EMPTY_ARTICLE, NOT_A_STRING)


def test_a_missing_column_names_the_setting(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "wiki.jsonl", [{"title": "T", "content": PLAIN}])
    source = open_source(WikipediaSource(kind="wikipedia", path=str(path)), state=tmp_path)
    with pytest.raises(SourceError, match=r"'text' and 'id'.*'content'.*source\.columns\.text"):
        list(source.read(0, 1))


def test_columns_can_have_other_names_and_no_id(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "wiki.jsonl", [{"name": "T", "content": PLAIN}])
    columns = WikipediaColumns(text="content", title="name", id=None)
    settings = WikipediaSource(kind="wikipedia", path=str(path), columns=columns)
    (paper,) = open_source(settings, state=tmp_path).read(0, 1)
    assert (paper.title, paper.status, len(paper.paper_id)) == ("T", "used", 16)


@pytest.mark.parametrize(
    ("markup", "headings"),
    [
        ("Lead.\n\n==Course==<!-- linked from [[Danube]] -->\nText.", ["Course"]),
        ("Lead.\n\n<!-- old -->== Course ==\nText.", ["Course"]),
        ("Lead.\n\n== The <!-- old -->course ==  \nText.", ["The course"]),
        ("Lead.\n\n<!--\n== Hidden ==\n-->\n== Shown ==\nText.", ["Shown"]),
        ("Lead.\n\n<nowiki>\n== Hidden ==\n</nowiki>\n== Shown ==\nText.", ["Shown"]),
        ("{{Box|\n== Hidden ==\n}}\nLead.\n\n== Shown ==\nText.", ["Shown"]),
        ("Lead.\n\n== ''The'' [[Rhine|river]]<ref>a</ref> ==\nText.", ["The river"]),
        ("Lead.\n\n== No == heading\nText of it.\n\n== Shown ==\nText.", ["Shown"]),
    ],
)
def test_headings_are_those_of_the_parsed_markup(markup: str, headings: list[str]) -> None:
    parts = outline(markup)
    assert parts.headings == headings
    assert "<!--" not in parts.lead + parts.body
    assert parts.body.startswith("==")
