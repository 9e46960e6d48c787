"""Batches as partitions: their keys, and what is said of a batch that there is not."""

from __future__ import annotations

import pytest

from relgen_assets.batching.plan import Plan
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.partitions import Batches


def batches(articles: int, size: int) -> Batches:
    return Batches(Plan("arxiv", size, articles, fresh=range(articles)))


def test_a_key_names_source_and_number() -> None:
    assert batches(45, 20).keys == ["arxiv-00000", "arxiv-00001", "arxiv-00002"]


def test_a_batch_says_how_many_articles_it_will_have() -> None:
    found = batches(45, 20)
    assert [found.size_of(key) for key in found.keys] == [20, 20, 5]


@pytest.mark.parametrize("key", ["arxiv-00003", "pubmed-00000", "arxiv-1", "arxiv-x", ""])
def test_an_unknown_batch_is_an_error_that_names_the_known_ones(key: str) -> None:
    with pytest.raises(ConfigurationError, match="arxiv-00000 to arxiv-00002"):
        batches(45, 20).require(key)


def test_dagster_sees_the_same_keys() -> None:
    found = batches(45, 20)
    assert list(found.definition().get_partition_keys()) == found.keys
