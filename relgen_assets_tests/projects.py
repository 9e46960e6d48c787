"""A small project for tests of the graph: a few articles, small chunks, a fake server over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.orchestration.check_runs import CheckOutcome, CheckRuns, NotChecked
from relgen_assets.orchestration.in_process import StepOutput
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch, run_card
from relgen_assets.settings import load_settings
from relgen_assets_tests.fakes import answers
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.llama_server_pool.servers.probes import SPEED_PROBE
from resources.parquet_io_manager import ParquetIOManager
from resources.sqlite_event_log import SqliteEventLog

SENTENCES = (
    "Reef corals contain symbiotic algae inside their gut cells.",
    "Marine heatwaves can damage the algae and release reactive oxygen species.",
    "The coral host can expel the algae, and its white skeleton shows through the tissue.",
    "Nitrifying bacteria oxidise ammonium to nitrite in well aerated soils.",
    "Denitrifying bacteria reduce nitrate to dinitrogen where oxygen is scarce.",
    "Graphite anodes contain lithium ions between their carbon layers during charging.",
    "The solid electrolyte interphase protects graphite anodes from the organic electrolyte.",
    "Upwelling cools the eastern Pacific Ocean and feeds the trade winds.",
)
UNUSABLE: dict[str, Any] = {"id": "empty", "article": "", "abstract": "x", "section_names": "y"}


def articles(count: int, sentences: int = 13) -> list[dict[str, Any]]:
    """Return different articles in the form of the `files` source."""
    return [
        {
            "id": f"paper-{number}",
            "title": f"Paper {number}",
            "abstract": f"Abstract {number}: {SENTENCES[number % len(SENTENCES)]}",
            "section_names": "Introduction\nResults",
            "article": "\n".join(
                f"{SENTENCES[(number + i) % len(SENTENCES)]} Observation {number}.{i} agrees."
                for i in range(sentences)
            ),
        }
        for number in range(count)
    ]


_SETTINGS = """
[source]
kind = "files"
path = "papers.jsonl"
columns = {{ id = "id" }}
[chunking]
tokens = 100
overlap = {overlap}
[extractions]
mode = "quote"
{sections}
[[pool.endpoints]]
name = "gpu-0"
url = "{url}"
{endpoint}
"""


def write_project(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    server: FakeLlamaServer,
    *,
    overlap: int = 20,
    sections: str = "",
    endpoint: str = "",
) -> None:
    """Write what a user writes: articles, and settings with a server.

    Args:
        folder: Folder of the project.
        rows: The articles.
        server: The running server of the only endpoint.
        overlap: Tokens that neighbouring chunks share.
        sections: Further sections of the settings, as TOML.
        endpoint: Further keys of the endpoint, as TOML.
    """
    (folder / "papers.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
    )
    settings = _SETTINGS.format(
        overlap=overlap, sections=sections, url=server.url, endpoint=endpoint
    )
    (folder / "relgen.toml").write_text(settings, encoding="utf-8")


def stubborn_about(text: str, *, seeds: int) -> Callable[[dict[str, Any]], str]:
    """Return an answering function, useless about chunks with `text` for the first seeds."""

    def answer(body: dict[str, Any]) -> str:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        stubborn = schema is not None and text in body["messages"][-1]["content"]
        if stubborn and body["seed"] < seeds:
            return "I would rather not say."
        return answers.answer_text(body, schema, 20)

    return answer


def asked(server: FakeLlamaServer) -> list[dict[str, Any]]:
    """Return the requests that assets sent to a server, without the trials of the pool."""
    bodies = [request.body for request in server.requests]
    return [body for body in bodies if body["messages"][0] != SPEED_PROBE.messages[0]]


@dataclass(frozen=True)
class SmallProject:
    """An opened project in a folder of its own, with everything a test needs."""

    folder: Path
    project: Project
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    tables: ParquetIOManager

    @property
    def keys(self) -> list[str]:
        """The partition keys."""
        return self.project.batches.keys

    def run(self, *keys: str) -> None:
        """Materialise the given batches, all without arguments, and the card."""
        for key in keys or self.keys:
            run_batch(self.definitions, self.instance, key)
        run_card(self.definitions, self.instance)

    def check(self, *keys: str) -> list[CheckOutcome | NotChecked]:
        """Run the checks of the given batches, all without arguments, and those over all."""
        dataset = self.project.settings.storage.dataset
        runs = CheckRuns(self.definitions, self.instance, self.tables, dataset)
        batches = [one for key in keys or self.keys for one in runs.batch(key)]
        return [*batches, *runs.over_all()]


@contextmanager
def small_project(
    folder: Path,
    servers: Sequence[FakeLlamaServer],
    rows: Sequence[dict[str, Any]],
    **sections: dict[str, Any],
) -> Iterator[SmallProject]:
    """Open a project with the articles `rows`, two per batch, and absolute paths.

    Args:
        folder: Empty folder of the project.
        servers: Running servers that become the endpoints.
        rows: Articles, written as JSONL.
        **sections: Sections of the settings that are added to or replace the small defaults.
    """
    source = folder / "papers.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    endpoints = [
        {"name": f"server-{number}", "url": server.url} for number, server in enumerate(servers)
    ]
    settings = load_settings(
        folder,
        {
            "source": {"kind": "files", "path": str(source), "columns": {"id": "id"}},
            "batches": {"size": 2},
            "chunking": {"tokens": 100, "overlap": 20},
            "extractions": {"mode": "quote"},
            "pool": {"endpoints": endpoints, "outage_timeout_seconds": 1},
            "ledger": {"url": f"sqlite:///{folder}/ledger.db"},
            "storage": {
                "data": str(folder / "data"),
                "dataset": str(folder / "dataset"),
                "state": str(folder / "state"),
            },
            **sections,
        },
    )
    project = Project(settings)
    with dg.instance_for_test(_as_shipped(folder), temp_dir=str(folder)) as instance:
        tables = build_resources(settings).io_manager
        yield SmallProject(folder, project, build_defs(project), instance, tables)


def _as_shipped(folder: Path) -> dict[str, Any]:
    """Return the storages of an instance that runs of the command line write to.

    Dagster's own would start four processes a step, and open a database for every event.
    """
    storages = {"event_log_storage": SqliteEventLog, "compute_logs": StepOutput}
    return {
        name: {
            "module": one.__module__,
            "class": one.__name__,
            "config": {"base_dir": str(folder / name)},
        }
        for name, one in storages.items()
    }
