"""One article a file: each format with its sections, and files that are none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from relgen_assets.rows.models import Paper
from relgen_assets.settings import DocumentsSource
from relgen_assets.sources import open_source
from relgen_assets.sources.cleaning import DAMAGED_ROW
from relgen_assets_tests.relgen_assets.sources.articles import PROSE

LINE = PROSE.strip()
MARKDOWN = f"""---
title: "Light"
---
## Abstract
What we found.

## Methods
{LINE}
```
# no heading
```
### Plants
{LINE}
"""
S2ORC = {
    "paper_id": "42",
    "title": "Light",
    "pdf_parse": {
        "abstract": [{"text": "What we found.", "section": "Abstract"}],
        "body_text": [
            {"text": LINE, "section": "Methods"},
            {"text": LINE, "section": "Methods"},
            {"text": LINE, "section": "Plants"},
        ],
    },
}
CORD_19 = {
    "paper_id": "42",
    "metadata": {"title": "Light", "authors": [{"first": "Ada", "last": "Byron"}]},
    "abstract": [{"text": "What we found."}],
    "body_text": [{"text": LINE, "section": "Methods"}, {"text": LINE, "section": "Plants"}],
}
JATS = f"""<?xml version="1.0"?>
<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
<article-id pub-id-type="pmc">42</article-id><article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>Light</article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Byron</surname>
<given-names>Ada</given-names></name></contrib></contrib-group>
<pub-date><year>2020</year></pub-date>
<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"/></permissions>
<abstract abstract-type="graphical"><p>A picture.</p></abstract>
<abstract><p>What we <italic>found</italic>.</p></abstract>
</article-meta></front>
<body><sec><title>Methods</title><p>{LINE} <xref>1</xref></p>
<table-wrap><p>No prose.</p></table-wrap></sec>
<sec><title>Plants</title><p>{LINE}</p></sec></body></article>"""


def read(folder: Path, **files: bytes | str) -> list[Paper]:
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings = DocumentsSource(kind="documents", path=str(folder), licence="cc0")
    source = open_source(settings, state=folder / ".state")
    papers = list(source.read(0, 99))
    assert len(papers) == source.count()
    return papers


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a_md", MARKDOWN),
        ("a_json", json.dumps(S2ORC)),
        ("b_json", json.dumps(CORD_19)),
        ("a_xml", JATS),
        ("a_nxml_gz", gzip.compress(JATS.encode())),
    ],
)
def test_every_format_keeps_title_abstract_and_sections(
    name: str, content: bytes | str, tmp_path: Path
) -> None:
    (paper,) = read(tmp_path, **{name: content})
    assert paper.status == "used"
    assert (paper.title, paper.abstract) == ("Light", "What we found.")
    assert paper.section_names == ["Methods", "Plants"]
    assert paper.article.startswith(f"Methods\n{LINE}")
    assert "No prose" not in paper.article
    assert paper.place == name.replace("_", ".")


def test_what_jats_tells_of_an_article_is_kept(tmp_path: Path) -> None:
    (paper,) = read(tmp_path, a_xml=JATS)
    assert (paper.paper_id, paper.doi, paper.year) == ("42", "10.1/x", 2020)
    assert (paper.authors, "by/4.0" in paper.licence) == (["Ada Byron"], True)


def test_a_plain_text_is_an_article_with_its_opening(tmp_path: Path) -> None:
    (paper,) = read(tmp_path, lake_txt=f"On light\n\n{LINE}\n\n{LINE}\n\n{LINE}")
    assert (paper.paper_id, paper.title, paper.status) == ("lake", "On light", "used")
    assert paper.abstract.startswith("Plants make sugar")
    assert paper.licence == "cc0"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a_json", "{", "it is not JSON"),
        ("a_json", "[" * 100_000, "nested too deeply"),
        ("a_json", '{"results": []}', "no list `body_text`"),
        ("a_xml", "<article>", "it is not XML"),
        ("a_xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
        ("a_xml", "<html/>", "no element `article`"),
        (
            "a_xml",
            "<article><body>" + "<sec>" * 9_000 + "</sec>" * 9_000 + "</body></article>",
            "deep",
        ),
        ("a_txt", b"one\n\xff", "line 2 is not UTF-8"),
        ("a_txt_gz", b"no gzip", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_own_article(
    name: str, content: bytes | str, said: str, tmp_path: Path
) -> None:
    papers = read(tmp_path, z_md=MARKDOWN, **{name: content})
    assert [paper.reason for paper in papers] == [DAMAGED_ROW, None]
    assert said in papers[0].remarks[0]
    assert papers[0].place == name.replace("_", ".")
