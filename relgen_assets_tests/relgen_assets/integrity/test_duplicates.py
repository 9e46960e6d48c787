"""Duplicates: versions of one article are found over all batches, and told if they are apart."""

from collections.abc import Iterable

import pyarrow as pa

from relgen_assets.integrity.duplicates import (
    COLUMNS,
    common_split_keys,
    in_two_splits,
    versions,
)
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.sources.cleaning import RawRow, papers
from relgen_assets_tests.relgen_assets.text.test_similarity import article, revised


def batch(*articles: tuple[str, str]) -> pa.Table:
    """Return the columns of a batch, as a source with these ids and texts gives it."""
    rows = (RawRow(text, "An abstract.", ["One"], "", paper_id) for paper_id, text in articles)
    return RAW_PAPERS.table(papers(rows, "lakes")).select(list(COLUMNS))


def found(*tables: pa.Table) -> Iterable[list[str]]:
    return versions(iter(tables))


def test_a_preprint_and_its_publication_are_found_in_two_batches() -> None:
    text = article(1)
    first = batch(("preprint", text), ("other", article(2)))
    assert found(first, batch(("journal", revised(text, 0.02)))) == [["journal", "preprint"]]


def test_articles_that_are_not_used_have_no_versions() -> None:
    text = article(1)
    assert found(batch(("one", text), ("two", "12 34 " * 500)), batch(("three", article(3)))) == []


def test_tables_from_before_there_were_signatures_are_left_out() -> None:
    old = batch(("one", article(1))).drop_columns(["signature"])
    assert found(old, batch(("two", article(1)))) == []


def test_versions_in_two_splits_are_told() -> None:
    groups = [["a", "b"], ["c", "d"], ["e", "f"]]
    places = {"a": {"train"}, "b": {"test"}, "c": {"train"}, "d": {"train"}, "e": {"test"}}
    assert in_two_splits(groups, places) == [["a", "b"]]  # type: ignore[arg-type]


def test_versions_have_one_split_key_whatever_the_order_of_the_batches() -> None:
    text = article(1)
    first = batch(("preprint", text), ("other", article(2)))
    second = batch(("journal", revised(text, 0.02)))
    keys = common_split_keys([first, second])
    assert keys == common_split_keys([second, first])
    assert keys == {"preprint": "journal", "journal": "journal"}
