"""An article's split depends on its title or id alone, and splits have the shares asked for."""

from __future__ import annotations

from collections import Counter

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.export.splits import split_key, split_of


def test_the_split_of_an_id_never_changes() -> None:
    # Written down on purpose: another hash would move articles of existing datasets.
    found = {n: split_of(f"lake-{n}", validation_percent=30, test_percent=30) for n in (0, 1, 9)}
    assert found == {0: "train", 1: "test", 9: "validation"}


@pytest.mark.parametrize(
    "title",
    ["Lakes of salt", "LAKES OF SALT.", "Lakes  of\nsalt", "Làkes of salt", "Lakes-of-salt"],
)
def test_a_preprint_and_its_publication_share_a_split(title: str) -> None:
    assert split_key("arxiv:1", title) == split_key("doi:2", "Lakes of salt")


def test_without_a_title_the_id_decides() -> None:
    assert split_key("one", "") == "one"
    assert split_key("one", " - ") == "one"
    assert split_key("one", "Lakes") != split_key("one", "Streams")


def test_shares_are_about_as_requested() -> None:
    ids = [f"paper {n}" for n in range(5_000)]
    counts = Counter(split_of(i, validation_percent=20, test_percent=5) for i in ids)
    assert 900 < counts["validation"] < 1_100
    assert 200 < counts["test"] < 300
    assert counts["train"] == 5_000 - counts["validation"] - counts["test"]


def test_zero_shares_put_everything_into_training() -> None:
    ids = [f"paper {n}" for n in range(300)]
    assert {split_of(i, validation_percent=0, test_percent=0) for i in ids} == {"train"}


def test_a_full_share_leaves_nothing_for_training() -> None:
    ids = [f"paper {n}" for n in range(300)]
    splits = {split_of(i, validation_percent=50, test_percent=50) for i in ids}
    assert splits == {"validation", "test"}


def test_more_validation_leaves_the_test_articles_where_they_are() -> None:
    for paper_id in (f"paper {n}" for n in range(300)):
        before = split_of(paper_id, validation_percent=5, test_percent=10)
        after = split_of(paper_id, validation_percent=40, test_percent=10)
        assert (before == "test") == (after == "test")


def test_ids_of_any_script_have_a_split() -> None:
    assert split_of("論文/№ 1", validation_percent=0, test_percent=100) == "test"


@pytest.mark.parametrize(("validation", "test"), [(-1, 10), (10, -1), (60, 50)])
def test_percentages_out_of_range_are_refused(validation: int, test: int) -> None:
    with pytest.raises(ConfigurationError, match="sum to at most 100"):
        split_of("paper", validation_percent=validation, test_percent=test)
