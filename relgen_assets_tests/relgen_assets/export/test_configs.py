"""Every config of the list, and one that a developer adds to it, works from shard to check.

The tests run for each entry of `CONFIGS` and for a further entry that nothing else knows of.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import Field

from relgen_assets.export.card import CardReport, write_card
from relgen_assets.export.configs import (
    CONFIGS,
    DEFAULT,
    FULL,
    REJECTED,
    DatasetConfig,
    expected_rows,
)
from relgen_assets.export.examples import FullExample
from relgen_assets.export.loading import loads
from relgen_assets.export.rejected import RejectedAnswer
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.integrity.lineage import rows_that_differ_between_configs
from relgen_assets.integrity.reconciliation import Balance
from relgen_assets.rows.arrow import arrow_schema, from_table
from relgen_assets.rows.models import ChatMessage, TableRow
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

PARTITION = "lakes-00000"


class PairExample(TableRow):
    """One row of a config that is not in the list."""

    prompt: str = Field(description="The text to extract | from.")
    completion: str = Field(description="What to answer.")


PAIRS = DatasetConfig(
    name="pairs",
    row=PairExample,
    convert=lambda example, _: [PairExample(prompt=example.chunk, completion=example.extraction)],
    description="prompt and completion",
    caution="The prompts of `pairs` do not contain the summary, so a model has to do without it.",
)


ALL_FOR_TRAINING = shaping(validation_percent=0, test_percent=0, rejected=True)
REJECTED_ROW = RejectedAnswer(
    paper_id="lake-0",
    title="",
    chunk_id="lake-0#0009",
    chunk="Salt.",
    reason="ungrounded",
    answer="{}",
    finish_reason="stop",
    attempt=2,
    mode="schema",
    model="extractor-7b",
    prompt_version="ext-v1",
    sent_messages=[ChatMessage(role="user", content="Salt.")],
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
    write_shards(
        str(root), PARTITION, examples(), shaping=ALL_FOR_TRAINING, rejected=[REJECTED_ROW]
    )
    return write_card(str(root), title="Life in brine", licence="other")


def rows_of(config: DatasetConfig) -> list[TableRow]:
    """Return the rows that the batch has in a config."""
    if config is REJECTED:
        return [REJECTED_ROW]
    return [row for one in examples() for row in config.rows_of(one, ALL_FOR_TRAINING)]


def shard_of(root: Path, config: DatasetConfig) -> Path:
    return root / config.name / "train" / f"{PARTITION}.parquet"


def test_its_shards_hold_what_it_makes_of_every_example_in_order(
    config: DatasetConfig, tmp_path: Path
) -> None:
    publish(tmp_path)
    table = pq.read_table(shard_of(tmp_path, config))
    assert table.schema.equals(arrow_schema(config.row))
    assert from_table(table, config.row) == rows_of(config)


def test_it_loads_with_all_its_rows(config: DatasetConfig, tmp_path: Path) -> None:
    publish(tmp_path)
    assert loads(str(tmp_path), find_shards(str(tmp_path)))[
        config.name,
        "train",
    ] == len(rows_of(config))


def test_the_card_says_what_it_is_for_what_its_columns_mean_and_what_to_beware_of(
    config: DatasetConfig, tmp_path: Path
) -> None:
    _, metadata, text = publish(tmp_path).text.split("---\n", 2)
    (entry,) = (
        one for one in yaml.safe_load(metadata)["configs"] if one["config_name"] == config.name
    )
    assert entry["description"].startswith(config.description)
    assert f"| `{config.name}` | {config.description} | {len(rows_of(config))} | 0 | 0 |" in text
    for column in config.row.model_fields:
        assert f"| `{column}` | " in text[text.index(f"\n#### `{config.name}`\n") :]
    assert (config.caution or "") in " ".join(text.split())


def test_a_batch_that_lacks_it_is_incomplete(config: DatasetConfig, tmp_path: Path) -> None:
    if config.per_example is None:
        pytest.skip("how many rows it has depends on the examples")
    publish(tmp_path)
    shard_of(tmp_path, config).unlink()
    report = write_card(str(tmp_path), title="Life in brine", licence="other")
    assert report.incomplete == [PARTITION]


def test_its_rows_have_to_add_up(config: DatasetConfig) -> None:
    rows = Counter(expected_rows(4)) + Counter({REJECTED.name: 3})
    sound = Balance(chunks=7, valid=4, rejected=Counter(ungrounded=3), rows=rows)
    assert sound.differences(keeps_rejected=True) == []
    lost = replace(sound, rows=rows - Counter({config.name: 1}))
    found = lost.differences(keeps_rejected=True)
    if config is REJECTED:
        assert found == ["2 rejected rows, but 3 rejected chunks"]
        assert lost.differences() == [], "the settings do not want them"
    elif config.per_example is None:
        assert found == [], "lineage compares them row by row"
    else:
        count = 4 * config.per_example
        assert found == [
            f"{count - 1} rows in {config.name}, not {count}: 4 valid + 0 repaired chunks"
        ]


def test_rows_in_another_order_are_found_in_every_config(
    config: DatasetConfig, tmp_path: Path
) -> None:
    def differences() -> list[str]:
        shards = find_shards(str(tmp_path))
        return rows_that_differ_between_configs(
            full_rows(shards), derived_rows(shards), ALL_FOR_TRAINING
        )

    publish(tmp_path)
    assert differences() == []
    if config is REJECTED:
        return
    shard = shard_of(tmp_path, config)
    table = pq.read_table(shard)
    last = table.num_rows - 1
    pq.write_table(table.take([last, *range(1, last), 0]), shard)
    found = differences()
    changed = CONFIGS.keys() - {FULL.name, REJECTED.name}
    if config.name != FULL.name:
        changed = {config.name}
    assert {complaint.split()[4] for complaint in found} == changed
    assert {complaint.split(":")[0] for complaint in found} == {"lake-0#0000", "lake-2#0001"}


def test_a_lost_row_is_found_in_every_config(config: DatasetConfig) -> None:
    if config is REJECTED:
        pytest.skip("its rows are no examples")
    full = examples()
    derived = {
        name: [row for one in full for row in other.rows_of(one, ALL_FOR_TRAINING)]
        for name, other in CONFIGS.items()
        if name not in (FULL.name, REJECTED.name)
    }
    if config.name == FULL.name:
        found = rows_that_differ_between_configs(full[1:], derived, ALL_FOR_TRAINING)
        assert [complaint.split(",")[0].split(" in ")[1] for complaint in found] == [*derived]
    else:
        rows = len(derived[config.name])
        derived[config.name].pop()
        found = rows_that_differ_between_configs(full, derived, ALL_FOR_TRAINING)
        assert found == [f"{rows - 1} rows in {config.name}, but {rows} by full"]


def test_the_list_begins_with_the_default_and_only_full_holds_complete_examples() -> None:
    assert next(iter(CONFIGS.values())) is DEFAULT
    assert [one for one in CONFIGS.values() if one.row is FullExample] == [FULL]
    assert all(one.name == name for name, one in CONFIGS.items())
