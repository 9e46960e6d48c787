"""Batches: keys that cover every article exactly once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.partitions import Batches


@given(articles=st.integers(0, 3_000), size=st.integers(1, 400))
def test_batches_cover_every_article_once_and_in_order(articles: int, size: int) -> None:
    batches = Batches("arxiv", articles, size)
    rows = [row for key in batches.keys for row in batches.rows(key)]
    assert rows == list(range(articles))


@given(articles=st.integers(1, 200_000), size=st.integers(1, 50))
def test_keys_sort_in_order_of_articles_and_hold_no_comma(articles: int, size: int) -> None:
    keys = Batches("arxiv", min(articles, size * 2_000), size).keys
    assert keys == sorted(keys)
    assert not any("," in key for key in keys)


def test_a_key_names_source_and_number() -> None:
    assert Batches("arxiv", 45, 20).keys == ["arxiv-00000", "arxiv-00001", "arxiv-00002"]


@pytest.mark.parametrize("key", ["arxiv-00003", "pubmed-00000", "arxiv-1", "arxiv-x", ""])
def test_an_unknown_batch_is_an_error_that_names_the_known_ones(key: str) -> None:
    with pytest.raises(ConfigurationError, match="arxiv-00000 to arxiv-00002"):
        Batches("arxiv", 45, 20).rows(key)


def test_dagster_sees_the_same_keys() -> None:
    batches = Batches("arxiv", 45, 20)
    assert list(batches.definition().get_partition_keys()) == batches.keys
