"""Mode `two_pass` through the whole graph: nothing is asked twice, whenever a run stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.definitions import build_resources
from relgen_assets.generation.entity_pass import ENTITIES_TASK
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.rows.arrow import from_table
from relgen_assets.rows.models import Chunk, RawExtraction, ValidatedExtraction
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.good_answers import good_answer, wanted_schema
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project
from resources.errors import NoEndpointLeft
from resources.generation import Generation

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=good_answer) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path, server: FakeLlamaServer) -> Iterator[SmallProject]:
    with small_project(
        tmp_path, [server], articles(1), extractions={"mode": "two_pass", "attempts": 1}
    ) as project:
        yield project


def passes(server: FakeLlamaServer) -> tuple[list[str], list[str]]:
    """Return the questions of the first and of the second pass."""
    first: list[str] = []
    second: list[str] = []
    for body in asked(server):
        schema = wanted_schema(body)
        if schema is not None:
            relates = "relations" in schema["properties"]
            (second if relates else first).append(body["messages"][-1]["content"])
    return first, second


def relates(body: dict[str, Any]) -> bool:
    schema = wanted_schema(body)
    return schema is not None and "relations" in schema["properties"]


def test_names_of_the_first_pass_are_the_only_ones_and_both_passes_are_counted(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    small.run()
    (key,) = small.keys
    chunks = {row.chunk_id: row for row in from_table(small.tables.read("chunks", key), Chunk)}
    rows = from_table(small.tables.read("raw_extractions", key), RawExtraction)
    verdicts = from_table(small.tables.read("validated_extractions", key), ValidatedExtraction)
    first, second = passes(server)
    assert len(first) == len(second) == len(rows) == len(chunks)
    ledger = build_resources(small.project.settings).generation_ledger
    for row, verdict in zip(rows, verdicts, strict=True):
        assert row.mode == "two_pass"
        assert len(row.candidates) >= 2
        assert all(name in chunks[row.chunk_id].text for name in row.candidates)
        assert "; ".join(row.candidates) in row.messages[-1].content
        if verdict.extraction is not None:
            assert set(verdict.extraction.list_of_entities) <= set(row.candidates)
        answers = [
            entry.outcome
            for task in (ENTITIES_TASK, EXTRACTION_TASK)
            for entry in ledger.entries(task=task, subject=row.chunk_id)
            if isinstance(entry.outcome, Generation)
        ]
        assert len(answers) == 2
        assert row.prompt_tokens == sum(one.prompt_tokens for one in answers)
        assert row.completion_tokens == sum(one.completion_tokens for one in answers)
    ledger.close()
    assert any(verdict.extraction is not None for verdict in verdicts)
    failed = [one for one in small.check() if not isinstance(one, CheckOutcome) or not one.passed]
    assert [one for one in failed if not isinstance(one, CheckOutcome) or one.is_error] == []

    server.requests.clear()
    small.run()
    assert asked(server) == []
    assert from_table(small.tables.read("raw_extractions", key), RawExtraction) == rows


def test_a_run_that_stops_between_the_passes_repeats_nothing(
    small: SmallProject, server: FakeLlamaServer
) -> None:
    server.fail_always(ServerFault(FaultKind.reset), when=relates)
    with pytest.raises(NoEndpointLeft):
        small.run()
    first, _ = passes(server)
    assert first

    server.heal()
    server.requests.clear()
    small.run()
    again, second = passes(server)
    assert again == []
    assert len(second) == len(first)
