"""The files beside the shards: how trainers find the data, the schema of an answer, the recipe.

They follow from the shards that exist and from the settings, and are written with the card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import yaml

from relgen_assets.export.answers import SCHEMA_FILE, AnswerForm
from relgen_assets.export.splits import SPLITS, Split
from resources import storage

LLAMA_FACTORY_FILE: Final = "dataset_info.json"
AXOLOTL_FILE: Final = "axolotl.yaml"
RECIPE_FILE: Final = "recipe.json"

_ALPACA: Final = "alpaca"
_CHAT: Final = "chat"
_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_AXOLOTL: Final = """\
# The part of an Axolotl configuration that names the data; paths are relative to this folder.
# Loss is taken on the assistant's turn, which is the extraction.
"""
_CHAT_TAGS: Final = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def write_companions(
    root: str,
    rows: Mapping[str, Mapping[Split, int]],
    *,
    name: str,
    max_length: int,
    answer: AnswerForm,
    recipe: Mapping[str, Any],
) -> list[str]:
    """Write the files beside the shards; return where they are.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        rows: Rows by config and split; only those that exist are named.
        name: Name by which LLaMA-Factory knows the dataset.
        max_length: Tokens that keep every training row whole.
        answer: How extractions are written.
        recipe: Settings and prompts that made the dataset, without secrets.

    Raises:
        StorageError: A file cannot be written.
    """
    texts = {
        LLAMA_FACTORY_FILE: _json(llama_factory(name, rows)),
        AXOLOTL_FILE: _AXOLOTL + yaml.safe_dump(axolotl(rows, max_length), sort_keys=False),
        SCHEMA_FILE: _json({"$schema": _DRAFT, "title": "Extraction", **answer.schema()}),
        RECIPE_FILE: _json(recipe),
    }
    urls: list[str] = []
    for file, text in texts.items():
        urls.append(storage.join(root, file))
        storage.write_atomic(urls[-1], text.encode("utf-8"))
    return urls


def llama_factory(name: str, rows: Mapping[str, Mapping[Split, int]]) -> dict[str, Any]:
    """Return the datasets of a LLaMA-Factory `dataset_dir`: two formats, each split by itself."""
    found: dict[str, Any] = {}
    for split in SPLITS:
        suffix = "" if split == "train" else f"_{split}"
        if split in rows.get(_ALPACA, {}):
            found[f"{name}{suffix}"] = {
                "file_name": f"{_ALPACA}/{split}",
                "formatting": "alpaca",
                "columns": {"prompt": "instruction", "query": "input", "response": "output"},
            }
        if split in rows.get(_CHAT, {}):
            found[f"{name}_{_CHAT}{suffix}"] = {
                "file_name": f"{_CHAT}/{split}",
                "formatting": "sharegpt",
                "columns": {"messages": "messages"},
                "tags": _CHAT_TAGS,
            }
    return found


def axolotl(rows: Mapping[str, Mapping[Split, int]], max_length: int) -> dict[str, Any]:
    """Return the settings of Axolotl that name the data and its length."""
    splits = rows.get(_CHAT, {})
    entries = {split: _axolotl_data(split) for split in SPLITS if split in splits}
    found: dict[str, Any] = {"sequence_len": max_length}
    if "train" in entries:
        found["datasets"] = [entries["train"]]
    if "validation" in entries:
        found["test_datasets"] = [entries["validation"]]
    return found


def _axolotl_data(split: Split) -> dict[str, Any]:
    return {
        "path": f"{_CHAT}/{split}",
        "ds_type": "parquet",
        "split": "train",  # of the files in this path, which have no splits of their own
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
