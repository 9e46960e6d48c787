"""A number in the card that the shards do not make, or a footer that the rows do not, is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from relgen_assets.export.about import About
from relgen_assets.export.card import describe
from relgen_assets.export.card_numbers import footers_that_differ, numbers_that_differ
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import facts_in, footer_metadata
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import Shard, find_shards, full_rows, survey
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

ABOUT = About("Life in brine", "cc-by-4.0", kwh=0.25)
TRAIN = "lake-0"


@pytest.fixture
def root(tmp_path: Path) -> str:
    examples = batch_of(TRAIN, "lake-2").examples()
    write_shards(str(tmp_path), "lakes-00000", examples, shaping=shaping())
    describe(str(tmp_path), ABOUT)
    return str(tmp_path)


def differences(root: str) -> list[str]:
    return numbers_that_differ(root, survey(root), About("Life in brine", "cc-by-4.0"))


def test_a_card_is_what_its_shards_make(root: str) -> None:
    assert differences(root) == []


def test_every_changed_number_of_a_table_is_found(root: str) -> None:
    path = Path(root, "README.md")
    card = path.read_text(encoding="utf-8")
    places = list(re.finditer(r"^\|.* (\d[\d,.]*)%? \|$", card, re.MULTILINE))
    assert len(places) > 20
    for found in places:
        changed = f"{card[: found.start(1)]}987654{card[found.end(1) :]}"
        path.write_text(changed, encoding="utf-8")
        assert any("987654" in line for line in differences(root)), found[0]


def test_a_number_in_the_yaml_is_found(root: str) -> None:
    path = Path(root, "README.md")
    card = path.read_text(encoding="utf-8")
    path.write_text(card.replace("- n<1K", "- 1M<n<10M"), encoding="utf-8")
    assert differences(root) == [
        "+ size_categories: ['n<1K']",
        "- size_categories: ['1M<n<10M']",
    ]


def test_shards_that_changed_after_the_card_are_found(root: str) -> None:
    write_shards(root, "lakes-00001", batch_of("lake-3").examples(), shaping=shaping())
    assert any(line.startswith("+ ") for line in differences(root))


@pytest.mark.parametrize("card", [None, "# no YAML\n"])
def test_a_missing_or_headless_card_is_a_difference(root: str, card: str | None) -> None:
    path = Path(root, "README.md")
    path.unlink()
    if card is not None:
        path.write_text(card, encoding="utf-8")
    assert len(differences(root)) == 1


def written(root: str) -> list[tuple[Shard, list[FullExample]]]:
    """Return the shards of complete examples of a folder, each with its rows."""
    full = [shard for shard in find_shards(root) if shard.config == "full"]
    return [(shard, full_rows([shard])) for shard in full]


def test_footers_are_those_of_their_rows(root: str) -> None:
    assert footers_that_differ(written(root), shaping()) == []


def test_changed_rows_under_an_old_footer_are_found(root: str) -> None:
    path = Path(root, "full", "train", "lakes-00000.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    faults = footers_that_differ(written(root), shaping())
    assert any("relations is 8, not 6" in fault for fault in faults)
    assert any("digest" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "value"), [("relations", 7), ("licences", {"mit": 2}), ("chunk_tokens", {"12": 4})]
)
def test_a_changed_footer_is_found(root: str, name: str, value: Any) -> None:
    path = Path(root, "full", "train", "lakes-00000.parquet")
    table = pq.read_table(path)
    facts = facts_in(table.schema.metadata).model_copy(update={name: value})
    pq.write_table(table.replace_schema_metadata(footer_metadata(facts)), path)
    (fault,) = footers_that_differ(written(root), shaping())
    assert f"{name} is {value}" in fault


def test_rows_written_under_other_settings_are_no_fault(root: str) -> None:
    assert footers_that_differ(written(root), shaping(max_tokens=64)) == []
