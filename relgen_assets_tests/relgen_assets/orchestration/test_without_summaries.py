"""Chunks asked about without summaries: none is requested, and every table and check agrees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from datasets import load_dataset

from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SUMMARIES
from relgen_assets.rows.models import SUMMARIES_OFF
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import UNUSABLE, SmallProject, articles, asked, small_project

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=good_answer) as running:
        yield running


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    folder = tmp_path_factory.mktemp("plain")
    with small_project(
        folder,
        [server],
        [*articles(3, sentences=6), UNUSABLE],
        summaries={"enabled": False},
        dataset={"empty_percent": 100},
    ) as project:
        project.run()
        yield project


def test_no_summary_is_requested_and_no_prompt_shows_one(
    done: SmallProject, server: FakeLlamaServer
) -> None:
    prompts = [message["content"] for body in asked(server) for message in body["messages"]]
    assert prompts
    assert not [one for one in prompts if "ummary" in one or "Abstract" in one]
    rows = [row for key in done.keys for row in SUMMARIES.read(done.tables, key)]
    assert {(row.reason, row.text) for row in rows} == {(SUMMARIES_OFF, "")}
    raw = [row for key in done.keys for row in RAW_EXTRACTIONS.read(done.tables, key)]
    assert {row.status for row in raw} == {"completed"}


def test_rows_and_student_prompts_have_no_summary(done: SmallProject) -> None:
    folder = done.project.settings.storage.dataset
    core = load_dataset(folder, "core", split="train")
    assert len(core) and set(core["summary"]) == {""}
    full = load_dataset(folder, "full", split="train")
    assert set(full["student_prompt"]) == {"summary_none"}
    assert set(full["summary_model"]) == {""}
    for row in load_dataset(folder, "prompts", split="train"):
        assert "ummary of the article" not in row["prompt"]
        assert "first paragraph introduces" not in row["prompt"]


def test_every_check_passes_and_nothing_is_lost(done: SmallProject) -> None:
    outcomes = done.check()
    checked = [one for one in outcomes if isinstance(one, CheckOutcome)]
    assert checked
    assert not [one for one in checked if one.is_error and not one.passed]
    assert all(one.passed for one in checked if one.asset == "summaries")
