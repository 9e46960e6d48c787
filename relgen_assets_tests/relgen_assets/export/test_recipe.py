"""A recipe says what decides rows, and nothing about the machine it was made on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.export.recipe import recipe
from relgen_assets.prompts import PROMPT_TASKS, bundled_prompts
from relgen_assets.settings import Settings, load_settings


def settings(folder: Path, **sections: Any) -> Settings:
    source = {"kind": "files", "path": str(folder / "papers.jsonl"), "licence": "cc-by-4.0"}
    return load_settings(folder, {"source": source, **sections})


def made(folder: Path, **sections: Any) -> dict[str, Any]:
    return recipe(settings(folder, **sections), bundled_prompts())


def test_two_copies_of_a_project_have_the_same_recipe(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    one = made(
        here,
        pool={"endpoints": [{"name": "a", "url": "http://10.0.0.1:1", "api_key_env": "SECRET"}]},
        storage={"data": "/mnt/data"},
        ledger={"url": "postgresql://user@host/ledger"},
        publishing={"repo": "lab/lakes", "private": False},
    )
    other = made(
        there,
        source={
            "kind": "files",
            "path": "s3://key:pass@bucket/papers.jsonl",
            "licence": "cc-by-4.0",
        },
        pool={"endpoints": [{"name": "b", "url": "http://10.0.0.2:2"}]},
    )
    assert one == other


@pytest.mark.parametrize("word", ["10.0.0.1", "SECRET", "pass", "/mnt", "user", "bucket"])
def test_no_place_and_no_secret_is_in_it(tmp_path: Path, word: str) -> None:
    text = json.dumps(
        made(
            tmp_path,
            source={"kind": "files", "path": "s3://key:pass@bucket/papers.jsonl"},
            pool={"endpoints": [{"name": "a", "url": "http://10.0.0.1", "api_key_env": "SECRET"}]},
            storage={"data": "/mnt/data"},
            chunking={"tokenizer": "/mnt/tokenizer.model"},
            ledger={"url": "postgresql://user@host/ledger"},
        )["settings"]
    )
    assert word not in text


@pytest.mark.parametrize(
    "sections",
    [
        {"chunking": {"tokens": 500}},
        {"extractions": {"seed": 3}},
        {"dataset": {"test_percent": 30}},
        {"rights": {"publish_unknown": True}},
        {"batches": {"size": 3}},
    ],
)
def test_what_decides_rows_is_in_it(tmp_path: Path, sections: dict[str, Any]) -> None:
    assert made(tmp_path, **sections) != made(tmp_path)


def test_it_holds_the_words_of_all_prompts(tmp_path: Path) -> None:
    prompts = bundled_prompts()
    assert [*made(tmp_path)["prompts"]] == [*PROMPT_TASKS]
    assert made(tmp_path)["prompts"]["summary"] == prompts.template("summary").text
