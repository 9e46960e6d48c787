"""Which names in an answer are names of the model that was asked."""

from __future__ import annotations

import pytest

from resources.llama_server_pool.servers.names import is_same_model

SAME = [
    ("qwen2.5-7b", "qwen2.5-7b"),
    ("Qwen2.5-7B", "qwen2.5-7b"),
    ("/models/qwen2.5-7b.gguf", "qwen2.5-7b"),
    ("C:\\models\\qwen2.5-7b.gguf", "qwen2.5-7b"),
    ("Qwen/Qwen2.5-7B", "qwen2.5-7b"),
    ("llama3:latest", "llama3"),
    ("gpt-4o-2024-08-06", "gpt-4o"),
    ("claude-x-20241022", "claude-x"),
]
OTHER = [
    ("tinyllama-1.1b", "qwen2.5-7b"),
    ("qwen2.5-7b-q4", "qwen2.5-7b"),
    ("qwen3-4b-2507", "qwen3-4b"),
    ("llama3:8b", "llama3"),
    ("gpt-4o-2024-08-06", "gpt-4o-2024-05-13"),
]


@pytest.mark.parametrize(("answered", "asked"), SAME)
def test_one_model_has_several_spellings(answered: str, asked: str) -> None:
    assert is_same_model(answered, [asked])


@pytest.mark.parametrize(("answered", "asked"), OTHER)
def test_another_model_is_told_apart(answered: str, asked: str) -> None:
    assert not is_same_model(answered, [asked])


def test_an_alias_is_a_name_too() -> None:
    assert is_same_model("tinyllama-1.1b", ["qwen2.5-7b", "tinyllama-1.1b"])
