"""The card names exactly what the folder holds, after any number of batches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import yaml
from markdown_it import MarkdownIt

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.about import About
from relgen_assets.export.batch_facts import batch_facts
from relgen_assets.export.card import CardReport, describe, named_splits, write_card
from relgen_assets.export.configs import CONFIGS, REJECTED
from relgen_assets.export.front_matter import parted
from relgen_assets.export.plots import LENGTHS_FILE
from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

WRITTEN = [config for config in CONFIGS if config != REJECTED.name]
"""The configs that are written unless the settings want more."""
TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


def write(root: str, partition: str, *paper_ids: str) -> None:
    examples = batch_of(*paper_ids).examples()
    write_shards(root, partition, examples, shaping=shaping())


def card_of(root: Path | str) -> CardReport:
    return write_card(str(root), title="Life in brine", licence="cc-by-4.0")


def front_matter(card: str) -> dict[str, Any]:
    _, text, _ = card.split("---\n", 2)
    metadata: dict[str, Any] = yaml.safe_load(text)
    return metadata


def test_the_yaml_says_what_the_hub_asks(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    metadata = front_matter(card_of(tmp_path).text)
    assert metadata["license"] == "cc-by-4.0"
    assert metadata["pretty_name"] == "Life in brine"
    assert metadata["size_categories"] == ["n<1K"]
    assert "text-generation" in metadata["task_categories"]


def test_every_config_is_named_with_a_glob_per_split_and_prompt_completion_is_the_default(
    tmp_path: Path,
) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, TEST)
    configs = front_matter(card_of(tmp_path).text)["configs"]
    assert [config["config_name"] for config in configs] == WRITTEN
    assert [config["config_name"] for config in configs if config.get("default")] == [
        "prompt_completion"
    ]
    full = next(config for config in configs if config["config_name"] == "full")
    assert full["data_files"] == [
        {"split": "train", "path": "full/train/*.parquet"},
        {"split": "test", "path": "full/test/*.parquet"},
    ]


def test_splits_without_rows_are_left_out(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", VALIDATION)
    for config in front_matter(card_of(tmp_path).text)["configs"]:
        assert [files["split"] for files in config["data_files"]] == ["validation"]


def test_a_split_comes_and_goes_with_its_batches(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    assert card_of(tmp_path).rows["core"] == {"train": 2}
    write(str(tmp_path), "lakes-00001", TEST)
    assert card_of(tmp_path).rows["core"] == {"train": 2, "test": 2}
    write(str(tmp_path), "lakes-00001")
    assert card_of(tmp_path).rows["core"] == {"train": 2}


def test_the_report_counts_what_is_there(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, "lake-2", TEST)
    write(str(tmp_path), "lakes-00001", VALIDATION)
    report = card_of(tmp_path)
    assert [*report.rows] == WRITTEN
    assert report.rows["full"] == {"train": 4, "validation": 2, "test": 2}
    assert (report.partitions, report.articles, report.incomplete) == (2, 4, [])
    assert Path(report.url).read_text(encoding="utf-8") == report.text


def test_the_text_says_how_the_data_was_made(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, "lake-2")
    text = card_of(tmp_path).text
    assert text.index("---\n") == 0
    assert "# Life in brine" in text
    assert "| `core` | summary, chunk and extraction, without any prompt | 4 | 0 | 0 |" in text
    assert "| model of the extraction | `extractor-7b` | 4 |" in text
    assert "| prompt of the summary | `sum-v1` | 4 |" in text
    assert "| verdict | `repaired` | 2 |" in text
    assert "2 articles were cut" in text
    assert 'load_dataset("path/to/this/folder", "prompt_completion")' in text
    assert "| `chunk_id` | `string` | Id of the chunk, unique in the dataset. |" in text
    unfenced = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert not re.search(r"[{}]\w*[{}]", unfenced), "a placeholder was left unfilled"


def test_counts_of_several_batches_are_added(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    write(str(tmp_path), "lakes-00001", TEST)
    assert "| source | `lakes` | 4 |" in card_of(tmp_path).text


@pytest.mark.parametrize(
    "title",
    [
        'Brine: "life" # and — more',
        "Brine\n---\nlicense: mit",
        "Brine ---",
        "- x: [",
        "<script>alert(1)</script> `x` | **y** [a](b)",
        "```\n# Brine",
        f"{'long ' * 30}--- brine",
    ],
)
def test_neither_title_nor_licence_can_break_card_and_yaml(tmp_path: Path, title: str) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    text = write_card(str(tmp_path), title=title, licence=title).text
    assert named_splits(text)
    metadata, body = parted(text)
    assert metadata["pretty_name"] == metadata["license_name"] == " ".join(title.split())
    shown = MarkdownIt("commonmark").enable("table").render(body)
    assert "<script" not in shown
    assert shown.count("<h1>") == 1
    assert shown.count("<h2>") == 7
    assert shown.count("<table>") >= len(WRITTEN)


def test_languages_are_those_of_the_texts_unless_the_project_names_them(tmp_path: Path) -> None:
    words = "The lake is of salt, and this is from the river that was there before it. "
    batch = batch_of(TRAIN, chunks=1)
    batch = batch.changed("papers", 0, abstract=words)
    write_shards(str(tmp_path), "lakes-00000", batch.examples(), shaping=shaping())
    assert front_matter(card_of(tmp_path).text)["language"] == ["en"]
    named = About("Life in brine", "other", languages=["de", "fr"])
    assert front_matter(describe(str(tmp_path), named).text)["language"] == ["de", "fr"]


def test_tasks_and_tags_are_those_of_the_configs(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    for config in ("entities", "relations"):
        for path in (tmp_path / config).rglob("*.parquet"):
            path.unlink()
    metadata = front_matter(card_of(tmp_path).text)
    assert metadata["task_categories"] == ["text-generation"]
    assert "relation-extraction" not in metadata["tags"]


def test_the_card_tells_yield_servers_and_energy(tmp_path: Path) -> None:
    batch = batch_of(TRAIN, "lake-2")
    left = batch.changed("validated", 0, verdict="rejected", reason="no_relations", extraction=None)
    left = left.changed("raw", 1, status="failed").changed(
        "validated", 1, verdict="rejected", reason="no_endpoint", extraction=None
    )
    facts = batch_facts(left.papers, left.chunks, left.summaries, left.raw, left.validated)
    write_shards(str(tmp_path), "lakes-00000", left.examples(), shaping=shaping(), batch=facts)
    text = describe(str(tmp_path), About("Brine", "other", kwh=0.5)).text
    assert "have 4 chunks; 2 of them (50.0%)" in text
    assert "| answer rejected | `no_relations` | 1 |" in text
    assert "| no answer | `no_endpoint` | 1 |" in text
    assert "1 server gave the answers" in text
    assert "office" not in text
    assert "0.500 kWh" in text
    assert "250.000 Wh for each of the 2" in text


def test_the_files_beside_the_card_are_the_same_for_the_same_rows(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(str(tmp_path / folder), "lakes-00000", TRAIN, TEST)
        card_of(tmp_path / folder)
    for name in ("README.md", "CITATION.cff", "figures/lengths.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert f"]({LENGTHS_FILE})" in (tmp_path / "one" / "README.md").read_text(encoding="utf-8")


def test_the_same_shards_give_the_same_card(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, TEST)
    assert card_of(tmp_path).text == card_of(tmp_path).text


def test_other_content_in_as_many_rows_makes_another_card(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    before = card_of(tmp_path).text
    write(str(tmp_path), "lakes-00000", "lake-2")
    assert card_of(tmp_path).text != before


def test_a_folder_without_examples_has_a_card_that_says_so(tmp_path: Path) -> None:
    report = card_of(tmp_path / "new")
    assert "configs" not in front_matter(report.text)
    assert "no examples yet" in report.text
    assert named_splits(report.text) == {}
    assert (report.rows, report.partitions, report.articles) == ({}, 0, 0)


def test_a_batch_whose_run_died_while_writing_is_named(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    write(str(tmp_path), "lakes-00001", "lake-2")
    (tmp_path / "chat" / "train" / "lakes-00001.parquet").unlink()
    report = card_of(tmp_path)
    assert report.incomplete == ["lakes-00001"]
    assert report.rows["core"] == {"train": 4}


def test_a_config_without_any_shard_is_left_out(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    (tmp_path / "prompt_completion" / "train" / "lakes-00000.parquet").unlink()
    configs = front_matter(card_of(tmp_path).text)["configs"]
    assert [config["config_name"] for config in configs] == [
        one for one in WRITTEN if one != "prompt_completion"
    ]
    assert [config["config_name"] for config in configs if config.get("default")] == ["chat"]


def test_the_configs_of_a_card_can_be_read_back(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    assert named_splits(card_of(tmp_path).text) == {config: {"train"} for config in WRITTEN}


@pytest.mark.parametrize("card", ["", "# A title\n", "---\n- a list\n---\n", "---\na: [\n---\n"])
def test_a_card_without_its_yaml_is_an_error(card: str) -> None:
    with pytest.raises(DatasetError, match="YAML"):
        named_splits(card)


@pytest.fixture
def memory_root() -> Iterator[str]:
    yield "memory://brine/dataset"
    fsspec.filesystem("memory").rm("/brine", recursive=True)


def test_the_card_is_written_where_the_shards_are(memory_root: str) -> None:
    write(memory_root, "lakes-00000", TRAIN)
    report = card_of(memory_root)
    with fsspec.open(memory_root + "/README.md", "rt", encoding="utf-8") as file:
        assert file.read() == report.text
