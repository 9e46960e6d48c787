"""Secrets are read from the environment or from a file, with errors that do not show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.credentials import read_secret
from resources.errors import ConfigurationError
from resources.redaction import redacted

KEY = "key-of-a-test-1"


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    assert read_secret("a key", where="x", variable="TEST_KEY") == KEY
    assert redacted(f"it is {KEY}") == "it is ***"


def test_a_secret_comes_from_a_file_without_its_line_break(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert read_secret("a key", where="x", file=str(tmp_path / "key")) == KEY


def test_no_secret_is_none() -> None:
    assert read_secret("a key", where="x") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "should hold a key and nothing else"),
        (b"key=a-word\nother=b-word\n", "should hold a key and nothing else"),
        (b"\xff\xfe-word", "cannot be read: it is no text"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_without_showing_it(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_secret("a key", where="endpoint 'a'", file=str(file))
    assert str(caught.value).startswith("endpoint 'a': ")
    assert "-word" not in str(caught.value)


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TEST_KEY", value)
    with pytest.raises(ConfigurationError, match="variable TEST_KEY is not set"):
        read_secret("a key", where="x", variable="TEST_KEY")


def test_naming_both_places_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="named twice"):
        read_secret("a key", where="x", variable="TEST_KEY", file="key")
