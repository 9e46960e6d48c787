"""Faults of Hub, network and client become one line, which never holds the token."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from relgen_assets_tests.fakes.hub import WRITER, FakeHub
from relgen_assets_tests.resources.hub_repository.folders import NAME, repository, written
from resources.errors import HubError
from resources.hub_repository.changes import compare
from resources.hub_repository.faults import asked
from resources.hub_repository.repository import HubRepository


def everything_about(error: BaseException) -> str:
    """Return all that a log could hold of an error: its causes and contexts with their words."""
    return "".join(traceback.format_exception(error)) + repr(error.__context__)


@pytest.mark.parametrize(
    ("status", "what", "may_pass"),
    [
        (400, "refuses what was sent", False),
        (401, "does not know the token.*HF_TOKEN", False),
        (403, "forbids that.*write permission", False),
        (404, "no such repository", False),
        (409, "another commit.*again", True),
        (413, "no files of this size", False),
        (418, "the Hub refuses", False),
        (429, "asked too often.*not uploaded twice", True),
        (500, "the Hub fails.*again later", True),
        (503, "the Hub fails.*again later", True),
    ],
)
def test_every_status_says_in_one_line_what_to_do(
    hub: FakeHub, status: int, what: str, may_pass: bool
) -> None:
    hub.fail("POST", "/create", status=status, words=f"quoting {WRITER}\nover lines")
    with pytest.raises(HubError, match=what) as failed:
        repository(hub).create(private=True)
    said = str(failed.value)
    assert "\n" not in said
    assert f"HTTP {status}" in said
    assert said.startswith(f"{hub.url}/datasets/{NAME}: the repository cannot be created: ")
    assert failed.value.may_pass is may_pass
    assert WRITER not in everything_about(failed.value)


def test_a_hub_that_cannot_be_reached(hub: FakeHub) -> None:
    there = HubRepository(NAME, endpoint="http://127.0.0.1:9", token=WRITER)
    with pytest.raises(HubError, match=r"cannot be reached.*HF_ENDPOINT") as failed:
        there.look()
    assert failed.value.may_pass
    assert WRITER not in everything_about(failed.value)


@pytest.mark.parametrize("answer", [b"<html>Please log in</html>", b"[1]", b'{"id": "x"}'])
def test_what_is_no_hub_is_told_from_one(hub: FakeHub, answer: bytes) -> None:
    hub.answers_everything_with = answer
    with pytest.raises(HubError, match=r"no Hub .*HF_ENDPOINT"):
        repository(hub).look()


@pytest.mark.parametrize("token", ["hf_wrong", "hf_with\ttab", "hf_with\nline", "hf_größe"])
def test_a_wrong_token_is_never_shown(hub: FakeHub, token: str) -> None:
    with pytest.raises(HubError, match=r"token.*Set HF_TOKEN") as failed:
        repository(hub, token).look()
    told = everything_about(failed.value)
    assert token not in told
    assert ascii(token)[1:-1] not in told


def test_a_file_that_has_gone_is_named(hub: FakeHub, tmp_path: Path) -> None:
    repository(hub).create(private=True)
    changes = compare(written(tmp_path, {"a.parquet": b"a"}), [], ())
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(HubError, match=r"a\.parquet"):
        repository(hub).change(changes, message="m", parent=None)


def test_a_hub_without_xet_says_how_to_do_without(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    repository(hub).create(private=True)
    changes = compare(written(tmp_path, {"a.parquet": b"a"}), [], ())
    with pytest.raises(HubError, match="HF_HUB_DISABLE_XET=1") as failed:
        repository(hub).change(changes, message="m", parent=None)
    assert WRITER not in everything_about(failed.value)


def test_what_the_client_wraps_is_unwrapped() -> None:
    def call() -> None:
        try:
            raise OSError(28, "No space left on device", "/tmp/x")
        except OSError as error:
            raise RuntimeError("Error while uploading") from error

    with pytest.raises(HubError, match="No space left on device"):
        asked(call, doing="it cannot be done", where="here", token=None)
