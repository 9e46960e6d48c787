"""`relgen needle`: planted facts come back at the rate at which a server does not miss them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from relgen_assets_tests.relgen_assets.stored_batches import store
from resources.parquet_io_manager import ParquetIOManager

MISSED = 0.3
_FACT = re.compile(r"([A-Z][a-z]+) (?:inhibits|activates|contains|degrades) ([A-Z][a-z]+)\.")


class Forgetful:
    """Answers what the section states of planted facts, and misses a share of them."""

    def __init__(self) -> None:
        self.missed: set[str] = set()
        self.told: set[str] = set()

    def __call__(self, body: dict[str, Any]) -> str:
        fact = _FACT.search(body["messages"][-1]["content"].rpartition("Section:")[2])
        if fact is None:
            return '{"ok": true}'
        misses = sha256(fact.group().encode()).digest()[0] < 256 * MISSED
        (self.missed if misses else self.told).add(fact.group())
        names = [] if misses else [fact[1], fact[2]]
        relation = {
            "description": fact.group(),
            "source_entities": names[:1],
            "target_entities": names[1:],
        }
        return json.dumps(
            {
                "section_description": "The section tells of salt lakes.",
                "list_of_entities": names,
                "relations": [] if misses else [relation],
            }
        )


@pytest.fixture
def fake() -> Forgetful:
    return Forgetful()


@pytest.fixture
def server(fake: Forgetful) -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=8, answer=fake) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: FakeLlamaServer) -> Path:
    write_project(tmp_path, articles(1), server)
    monkeypatch.setenv("RELGEN_EXTRACTIONS__MODE", "schema")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_a_server_misses_is_what_does_not_come_back(
    folder: Path, relgen: Relgen, server: FakeLlamaServer, fake: Forgetful
) -> None:
    lakes = [f"lake-{number}" for number in range(15)]
    store(
        ParquetIOManager(base_path=str(folder / "data")), "papers-00000", batch_of(*lakes, chunks=4)
    )
    code, output, error = relgen("needle", "--chunks", "60", "--json")
    assert code == 0, error
    document = json.loads(output)
    (found,) = document["endpoints"]
    planted = len(fake.missed) + len(fake.told)
    assert document["needles"] == planted == 60
    share = len(fake.told) / planted
    assert found["relations"]["value"] == pytest.approx(share)
    assert found["names"]["value"] == pytest.approx(share)
    assert found["relations"]["low"] < 1 - MISSED < found["relations"]["high"]
    assert set(found["relations_by_part"]) == {"beginning", "middle", "end"}
    assert relgen("needle", "--chunks", "60")[1].startswith("60 invented facts, one a chunk")


def test_a_project_without_chunks_is_told_to_make_a_batch(folder: Path, relgen: Relgen) -> None:
    code, _, error = relgen("needle")
    assert code in (1, 2)
    assert "no chunk whose article has a summary" in error
    assert "relgen run" in error
