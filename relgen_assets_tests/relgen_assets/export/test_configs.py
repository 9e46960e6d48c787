"""Every config of the list, and one that a developer adds to it, works from shard to check.

The tests run for each entry of `CONFIGS` and for a fourth entry that nothing else knows of.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import Field

from relgen_assets.export.card import CardReport, write_card
from relgen_assets.export.configs import CONFIGS, DEFAULT, FULL, DatasetConfig
from relgen_assets.export.examples import FullExample
from relgen_assets.export.loading import loads
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.integrity.lineage import rows_that_differ_between_configs
from relgen_assets.integrity.reconciliation import Balance
from relgen_assets.rows.arrow import arrow_schema, from_table
from relgen_assets.rows.models import TableRow
from relgen_assets_tests.relgen_assets.export.batch import batch_of

PARTITION = "lakes-00000"


class PairExample(TableRow):
    """One row of a config that is not in the list."""

    prompt: str = Field(description="The text to extract | from.")
    completion: str = Field(description="What to answer.")


PAIRS = DatasetConfig(
    name="pairs",
    row=PairExample,
    convert=lambda example: PairExample(prompt=example.text, completion=example.extraction),
    description="prompt and completion",
    caution="The prompts of `pairs` do not contain the summary, so a model has to do without it.",
)


@pytest.fixture(params=[*CONFIGS, PAIRS.name])
def config(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DatasetConfig:
    """Each config of the list, and then a new one that has been added to it."""
    if request.param == PAIRS.name:
        monkeypatch.setitem(CONFIGS, PAIRS.name, PAIRS)
    return CONFIGS[request.param]


def examples() -> list[FullExample]:
    return batch_of("lake-0", "lake-2").examples()


def publish(root: Path) -> CardReport:
    """Write one batch, all of it for training, and the card."""
    write_shards(str(root), PARTITION, examples(), validation_percent=0, test_percent=0)
    return write_card(str(root), title="Life in brine", licence="other")


def shard_of(root: Path, config: DatasetConfig) -> Path:
    return root / config.name / "train" / f"{PARTITION}.parquet"


def test_its_shards_hold_what_it_makes_of_every_example_in_order(
    config: DatasetConfig, tmp_path: Path
) -> None:
    publish(tmp_path)
    table = pq.read_table(shard_of(tmp_path, config))
    assert table.schema.equals(arrow_schema(config.row))
    assert from_table(table, config.row) == [config.convert(one) for one in examples()]


def test_it_loads_with_as_many_rows_as_there_are_examples(
    config: DatasetConfig, tmp_path: Path
) -> None:
    publish(tmp_path)
    assert loads(str(tmp_path), find_shards(str(tmp_path)))[config.name, "train"] == 4


def test_the_card_says_what_it_is_for_what_its_columns_mean_and_what_to_beware_of(
    config: DatasetConfig, tmp_path: Path
) -> None:
    _, metadata, text = publish(tmp_path).text.split("---\n", 2)
    (entry,) = (
        one for one in yaml.safe_load(metadata)["configs"] if one["config_name"] == config.name
    )
    assert entry["description"].startswith(config.description)
    assert f"| `{config.name}` | {config.description} | 4 | 0 | 0 |" in text
    for column in config.row.model_fields:
        assert f"| `{column}` | " in text[text.index(f"\n`{config.name}`\n") :]
    assert (config.caution or "") in " ".join(text.split())


def test_a_batch_that_lacks_it_is_incomplete(config: DatasetConfig, tmp_path: Path) -> None:
    publish(tmp_path)
    shard_of(tmp_path, config).unlink()
    report = write_card(str(tmp_path), title="Life in brine", licence="other")
    assert report.incomplete == [PARTITION]


def test_its_rows_have_to_add_up(config: DatasetConfig) -> None:
    rows = Counter(dict.fromkeys(CONFIGS, 4))
    sound = Balance(chunks=4, valid=4, rows=rows)
    assert sound.differences(CONFIGS) == []
    lost = Balance(chunks=4, valid=4, rows=rows - Counter({config.name: 1}))
    assert lost.differences(CONFIGS) == [
        f"3 rows in {config.name}, but 4 valid + 0 repaired chunks"
    ]


def test_rows_in_another_order_are_found_in_every_config(
    config: DatasetConfig, tmp_path: Path
) -> None:
    def differences() -> list[str]:
        shards = find_shards(str(tmp_path))
        return rows_that_differ_between_configs(full_rows(shards), derived_rows(shards))

    publish(tmp_path)
    assert differences() == []
    shard = shard_of(tmp_path, config)
    table = pq.read_table(shard)
    pq.write_table(table.take([1, 0, 2, 3]), shard)
    changed = CONFIGS.keys() - {FULL.name} if config.name == FULL.name else {config.name}
    moved = [one.chunk_id for one in full_rows(find_shards(str(tmp_path)))[:2]]
    assert sorted(differences()) == sorted(
        f"{chunk_id}: its row in {name} does not match its row in full"
        for chunk_id in moved
        for name in changed
    )


def test_a_lost_row_is_found_in_every_config(config: DatasetConfig) -> None:
    full = examples()
    derived = {
        name: [other.convert(one) for one in full]
        for name, other in CONFIGS.items()
        if name != FULL.name
    }
    if config.name == FULL.name:
        found = rows_that_differ_between_configs(full[1:], derived)
        assert found == [f"4 rows in {name}, but 3 in full" for name in derived]
    else:
        derived[config.name].pop()
        found = rows_that_differ_between_configs(full, derived)
        assert found == [f"3 rows in {config.name}, but 4 in full"]


def test_the_list_begins_with_the_default_and_only_full_holds_complete_examples() -> None:
    assert next(iter(CONFIGS.values())) is DEFAULT
    assert [one for one in CONFIGS.values() if one.row is FullExample] == [FULL]
    assert all(one.name == name for name, one in CONFIGS.items())
