"""Chunks whose first answer is not usable are asked about again, and what that gained is shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from rich.console import Console

from relgen_assets.cli.report import print_run
from relgen_assets.integrity.overview import overview
from relgen_assets.rows.arrow import from_table
from relgen_assets.rows.models import RawExtraction
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project

REFUSAL = "I'm sorry, but I cannot help with that."
UNGROUNDED = (
    '{"section_description": "Lakes.", "list_of_entities": ["krill", "plankton"],'
    ' "relations": [{"description": "Krill eats plankton.", "source_entities": ["krill"],'
    ' "target_entities": ["plankton"], "strength": "strong"}]}'
)


def answer(body: dict[str, Any]) -> str:
    """Answer as a model does that refuses at first, then makes things up, and can only choose."""
    content = body["messages"][-1]["content"]
    if "\nSection:\n" not in content or "\nTerms: " in content:
        return good_answer(body)
    return REFUSAL if body["seed"] == 0 else UNGROUNDED


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=answer) as running:
        yield running


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """One batch of two articles, asked about in mode `schema` up to three times."""
    with small_project(
        tmp_path_factory.mktemp("project"),
        [server],
        articles(2),
        extractions={"mode": "schema", "attempts": 3},
    ) as project:
        project.run()
        yield project


def raw(small: SmallProject) -> list[RawExtraction]:
    return from_table(small.tables.read("raw_extractions", small.keys[0]), RawExtraction)


def shown(small: SmallProject, asset: str) -> dict[str, Any]:
    """Return the metadata of the latest materialisation of an asset."""
    event = small.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None and event.asset_materialization is not None
    return {name: one.value for name, one in event.asset_materialization.metadata.items()}


def test_each_row_says_why_it_was_asked_for_again_and_how_it_was_in_the_end(
    small: SmallProject,
) -> None:
    rows = raw(small)
    assert rows
    for row in rows:
        assert row.earlier_reasons == ["refusal", "no_grounded_entities"]
        assert (row.attempt, row.mode) == (3, "candidates")
        assert row.candidates


def test_the_yield_before_and_after_is_shown_by_reason(small: SmallProject) -> None:
    total = len(raw(small))
    assert shown(small, "raw_extractions")["asked_again"] == {
        "refusal": total,
        "no_grounded_entities": total,
    }
    verdicts = shown(small, "validated_extractions")
    gained = verdicts["accepted_after_asking_again"]
    assert (verdicts["accepted_at_first"], gained) == (0, total)
    assert verdicts["gained_by_reason"]["refusal"] == f"{gained} of {total}"

    counts = overview(small.tables, small.keys)
    out = io.StringIO()
    print_run(
        Console(file=out, width=120),
        counts,
        batches=1,
        seconds=1.0,
        kwh=0.0,
        settings=small.project.settings,
    )
    assert f"{gained} accepted (" in out.getvalue()
    assert f"refusal {gained} of {total}" in out.getvalue()

    card = (small.folder / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"Of {gained} examples, 0 are first answers." in card
    assert f"| `refusal` | {gained} |" in card


def test_what_is_known_is_not_asked_again(small: SmallProject, server: FakeLlamaServer) -> None:
    before, questions = raw(small), asked(server)
    job = small.definitions.resolve_job_def("batches")
    job.get_subset(asset_selection={dg.AssetKey("raw_extractions")}).execute_in_process(
        instance=small.instance, tags={"dagster/partition": small.keys[0]}
    )
    assert asked(server) == questions
    assert [row.key for row in raw(small)] == [row.key for row in before]
