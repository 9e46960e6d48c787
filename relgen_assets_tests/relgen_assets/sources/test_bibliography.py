"""Bibliography: authors, DOI, address, year and licence of a row, in the forms that sources use."""

from pathlib import Path
from typing import Any

import pytest

from relgen_assets.settings import BibliographyColumns, load_settings
from relgen_assets.sources.bibliography import bibliography
from relgen_assets.sources.registry import open_source

NAMES = BibliographyColumns()


@pytest.mark.parametrize(
    ("given", "authors"),
    [
        ("Ada Byron; Karl Maier", ("Ada Byron", "Karl Maier")),
        ("Ada Byron and Karl Maier", ("Ada Byron", "Karl Maier")),
        ("Ada Byron, Karl Maier", ("Ada Byron", "Karl Maier")),
        ("Byron, A., Maier, K.", ("Byron, A., Maier, K.",)),
        ("Byron, A.; Maier, K.", ("Byron, A.", "Maier, K.")),
        ("Ada Byron, Karl Maier, and Li Wei", ("Ada Byron", "Karl Maier", "Li Wei")),
        ("Ada Byron\nKarl Maier", ("Ada Byron", "Karl Maier")),
        (["Ada Byron", " Karl  Maier "], ("Ada Byron", "Karl Maier")),
        (
            [{"name": "Ada Byron"}, {"given": "Karl", "family": "Maier"}],
            ("Ada Byron", "Karl Maier"),
        ),
        ([{"first": "Ada", "middle": [], "last": "Byron"}, None, 3], ("Ada Byron",)),
        (None, ()),
        (float("nan"), ()),
    ],
)
def test_authors_come_as_text_or_as_lists(given: Any, authors: tuple[str, ...]) -> None:
    assert bibliography({"authors": given}, NAMES, licence="").authors == authors


@pytest.mark.parametrize(
    ("given", "doi"),
    [
        ("10.1371/journal.pone.0000217", "10.1371/journal.pone.0000217"),
        ("https://doi.org/10.1371/journal.pone.0000217", "10.1371/journal.pone.0000217"),
        ("doi:10.1000/xyz(1).", "10.1000/xyz(1)"),
        ("(see 10.1000/xyz).", "10.1000/xyz"),
        ("none", ""),
        (12, ""),
    ],
)
def test_a_doi_is_kept_bare(given: Any, doi: str) -> None:
    assert bibliography({"doi": given}, NAMES, licence="").doi == doi


@pytest.mark.parametrize(
    ("given", "year"),
    [
        (2012, 2012),
        (2012.0, 2012),
        ("2012-03-04", 2012),
        ("March 2012", 2012),
        (12, None),
        (True, None),
        (float("nan"), None),
        (None, None),
        ("20120304", None),
    ],
)
def test_a_year_stands_alone_or_in_a_date(given: Any, year: int | None) -> None:
    assert bibliography({"year": given}, NAMES, licence="").year == year


def test_only_addresses_of_the_web_are_addresses() -> None:
    assert bibliography({"url": "https://example.org/a"}, NAMES, licence="").url
    assert not bibliography({"url": "javascript:alert(1)"}, NAMES, licence="").url


@pytest.mark.parametrize("column", ["licence", "license"])
def test_a_licence_is_found_in_either_spelling(column: str) -> None:
    assert bibliography({column: "CC BY 4.0"}, NAMES, licence="cc0-1.0").licence == "CC BY 4.0"


def test_an_article_without_a_licence_has_that_of_its_source() -> None:
    assert bibliography({"licence": None}, NAMES, licence="cc0-1.0").licence == "cc0-1.0"
    assert bibliography({}, NAMES, licence="").licence == ""


def test_a_source_of_files_brings_it_to_the_papers(tmp_path: Path) -> None:
    article = "Meltwater feeds the lakes below the glacier. " * 10
    rows = (
        '{"article": %r, "abstract": "a", "section_names": "b", "license": "CC BY 4.0",'
        ' "who": ["Ada Byron"], "doi": 7}\n{"article": %r, "abstract": "a", "section_names": "b"}'
    )
    (tmp_path / "a.jsonl").write_text((rows % (article, article + "x")).replace("'", '"'))
    source = {
        "kind": "files",
        "path": str(tmp_path / "a.jsonl"),
        "licence": "cc0-1.0",
        "columns": {"authors": "who"},
    }
    settings = load_settings(tmp_path, {"source": source})
    first, second = open_source(settings.source, state=tmp_path / "state").read(0, 2)
    assert (first.licence, first.authors, first.doi) == ("CC BY 4.0", ["Ada Byron"], "")
    assert (second.licence, second.authors) == ("cc0-1.0", [])
    assert first.status == second.status == "used"
