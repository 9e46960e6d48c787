"""What an id names: batches, articles and chunks, exact ones first, beginnings if unique."""

from __future__ import annotations

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.integrity.lookup import Found, find
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from relgen_assets_tests.relgen_assets.stored_batches import in_memory

TABLES = in_memory(
    lakes_00000=batch_of("lake-1", "lake-2"), lakes_00001=batch_of("lake-10", "pond#7")
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("lakes-00001", Found("lakes-00001")),
        ("lake-1", Found("lakes-00000", "lake-1")),
        ("lake-10", Found("lakes-00001", "lake-10")),
        ("lake-1#0001", Found("lakes-00000", "lake-1", "lake-1#0001")),
        ("lake-1#1", Found("lakes-00000", "lake-1", "lake-1#0001")),
        ("pond#7", Found("lakes-00001", "pond#7")),
        ("pond#7#0000", Found("lakes-00001", "pond#7", "pond#7#0000")),
        ("po", Found("lakes-00001", "pond#7")),
        ("pond#7#1", Found("lakes-00001", "pond#7", "pond#7#0001")),
        ("lakes-00000", Found("lakes-00000")),
    ],
)
def test_an_id_or_its_unique_beginning_names_one_thing(wanted: str, found: Found) -> None:
    assert find(TABLES, wanted) == found
    assert find(TABLES, found.id) == found


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ("lakes", "2 ids begin like this. Give more of: lakes-00000, lakes-00001"),
        ("lake-3", "no batch, article or chunk has this id. Nearest are: lake-"),
        ("lake-1#9", "lake-1: this article has no chunk 9. Its chunks are 0 to 1."),
        ("", "no batch, article or chunk has this id"),
        ("#1", "no batch, article or chunk has this id"),
    ],
)
def test_another_id_is_an_error_with_the_nearest_ones(wanted: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as unknown:
        find(TABLES, wanted)
    assert what in str(unknown.value)


def test_before_the_first_run_the_error_says_how_to_start() -> None:
    with pytest.raises(ConfigurationError, match=r"nothing is stored yet\. Start with: relgen run"):
        find(in_memory(), "lake-1")
