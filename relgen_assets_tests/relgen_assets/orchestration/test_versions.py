"""A changed setting makes exactly those assets stale whose rows it decides."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from relgen_assets.definitions import build_defs
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.failed_checks import recorded_evaluations
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch, run_card
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets.orchestration.versions import CODE_VERSION_TAG, code_versions
from relgen_assets.prompts import PromptSet, PromptTask, bundled_prompts, load_prompts
from relgen_assets.prompts.prompt_set import bundled_file
from relgen_assets.settings import Settings
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project

CARD = "dataset_card"
SERVER = {"name": "gpu", "url": "http://10.0.0.5:8080"}
MODELS = {"summaries", "raw_extractions"}
JUDGED = {"second_opinions", "validated_extractions"}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """Two batches and the card; the tests below run in their order."""
    folder = tmp_path_factory.mktemp("done")
    with small_project(folder, [server], articles(2), batches={"size": 1}) as small:
        small.run()
        yield small


def versions(**sections: dict[str, Any]) -> dict[str, str]:
    base: dict[str, Any] = {"source": FILES, "pool": {"endpoints": [SERVER]}}
    return code_versions(Settings(**{**base, **sections}), bundled_prompts())


FILES = {"kind": "files", "path": "papers"}


@pytest.mark.parametrize(
    ("section", "values", "stale"),
    [
        ("source", {**FILES, "path": "others"}, {"raw_papers"}),
        ("source", {**FILES, "columns": {"article": "body"}}, {"raw_papers"}),
        ("source", {**FILES, "articles": 7}, set()),
        ("batches", {"size": 7}, set()),
        ("chunking", {"tokens": 500}, {"chunks"}),
        ("chunking", {"max_chunks_per_article": 3}, {"chunks"}),
        ("summaries", {"temperature": 0.1}, {"summaries"}),
        ("summaries", {"variant": 2}, {"summaries"}),
        ("summaries", {"top_p": 1.0, "stop": []}, set()),
        ("summaries", {"min_p": 0.0}, {"summaries"}),
        ("extractions", {"top_k": 40}, {"raw_extractions"}),
        ("extractions", {"categories": ["minerals"]}, {"raw_extractions"}),
        ("extractions", {"categories": []}, set()),
        ("extractions", {"stop": ["###"]}, {"raw_extractions"}),
        ("extractions", {"mode": "candidates"}, {"raw_extractions"}),
        ("extractions", {"mode": "two_pass"}, {"raw_extractions"}),
        ("extractions", {"mode": "schema"}, set()),
        ("extractions", {"seed": 3}, {"raw_extractions"}),
        ("extractions", {"max_entities": 5}, {"raw_extractions"}),
        ("extractions", {"max_attempts": 50}, set()),
        ("pool", {"endpoints": [SERVER], "model": "other-7b"}, MODELS),
        ("pool", {"endpoints": [{**SERVER, "model": "other-7b"}]}, MODELS),
        ("pool", {}, MODELS),
        ("pool", {"endpoints": [{**SERVER, "url": "http://10.0.0.6:8080", "slots": 9}]}, set()),
        ("pool", {"endpoints": [{**SERVER, "api_key_env": "KEY", "watts": 9}]}, set()),
        ("pool", {"endpoints": [SERVER, {**SERVER, "name": "second"}]}, set()),
        ("ledger", {"url": "sqlite:///other.db"}, set()),
        ("storage", {"data": "other"}, set()),
        ("dataset", {"test_percent": 20}, {"hf_dataset"}),
        ("dataset", {"empty_percent": 20}, {"hf_dataset"}),
        ("dataset", {"student_prompt": "summary_none"}, {"hf_dataset"}),
        ("dataset", {"answer_strength": False}, {"hf_dataset"}),
        ("dataset", {"max_tokens": 2_000}, {"hf_dataset"}),
        ("dataset", {"rejected": True}, {"hf_dataset"}),
        ("dataset", {"title": "Corals"}, {CARD}),
        ("judging", {"absent_names": "mark"}, {"validated_extractions"}),
        ("judging", {"unsupported_relations": "mark"}, {"validated_extractions"}),
        ("judging", {"fuzzy_names": 90}, {"validated_extractions"}),
        ("judging", {"fuzzy_names": "off", "absent_names": "drop"}, set()),
        ("judging", {"merge_relations": True}, {"validated_extractions"}),
        ("dataset", {"licence": "cc-by-4.0"}, {CARD}),
    ],
)
def test_a_setting_changes_the_versions_of_the_assets_it_decides(
    section: str, values: dict[str, Any], stale: set[str]
) -> None:
    before, after = versions(), versions(**{section: values})
    assert {asset for asset in before if before[asset] != after[asset]} == stale


@pytest.mark.parametrize(
    ("task", "stale"),
    [
        ("summary", {"summaries"}),
        ("extraction_schema", {"raw_extractions"}),
        ("extraction_candidates", {"raw_extractions"}),  # after an unusable answer
        ("extraction_quote", {"raw_extractions"}),
        ("student/summary_given", {"hf_dataset"}),
        ("student/summary_none_schema", {"hf_dataset"}),
    ],
)
def test_a_prompt_changes_the_version_of_the_asset_that_sends_it(
    task: PromptTask, stale: set[str], tmp_path: Path
) -> None:
    settings = Settings(source=FILES, pool={"endpoints": [SERVER]})
    before = code_versions(settings, bundled_prompts())
    after = code_versions(settings, with_changed(tmp_path, task))
    assert {asset for asset in before if before[asset] != after[asset]} == stale


@pytest.mark.parametrize(
    ("task", "stale"),
    [
        ("extraction_entities", {"raw_extractions"}),
        ("extraction_relations", {"raw_extractions"}),
        ("extraction_schema", {"raw_extractions"}),
        ("extraction_quote", {"raw_extractions"}),  # after an unusable answer
        ("extraction_evidence", set()),
    ],
)
def test_two_passes_use_both_their_prompts_and_that_of_their_fallback(
    task: PromptTask, stale: set[str], tmp_path: Path
) -> None:
    settings = Settings(
        source=FILES, pool={"endpoints": [SERVER]}, extractions={"mode": "two_pass"}
    )
    before = code_versions(settings, bundled_prompts())
    after = code_versions(settings, with_changed(tmp_path, task))
    assert {asset for asset in before if before[asset] != after[asset]} == stale


@pytest.mark.parametrize(
    ("section", "values", "stale"),
    [
        ("pool", {"endpoints": [SERVER], "model": "other-7b"}, {*MODELS, "second_opinions"}),
        ("chunking", {"overlap": 10}, {"chunks"}),
        ("judging", {"verify": "model", "merge_relations": True}, JUDGED),
        ("extractions", {"seed": 3}, {"raw_extractions"}),
        ("dataset", {"empty_percent": 20}, {"hf_dataset"}),
    ],
)
def test_the_same_holds_where_second_opinions_are_asked_for(
    section: str, values: dict[str, Any], stale: set[str]
) -> None:
    asking: dict[str, Any] = {"judging": {"verify": "model"}}
    before, after = versions(**asking), versions(**{**asking, section: values})
    assert {asset for asset in before if before[asset] != after[asset]} == stale


def test_the_prompt_of_second_opinions_changes_no_other_version(tmp_path: Path) -> None:
    settings = Settings(source=FILES, pool={"endpoints": [SERVER]}, judging={"verify": "model"})
    before = code_versions(settings, bundled_prompts())
    after = code_versions(settings, with_changed(tmp_path, "verification"))
    assert {asset for asset in before if before[asset] != after[asset]} == {"second_opinions"}


def test_changed_rules_change_the_version_of_the_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = versions()
    monkeypatch.setattr("relgen_assets.orchestration.versions.validator", lambda _: "relgen-other")
    after = versions()
    assert {asset for asset in before if before[asset] != after[asset]} == {"validated_extractions"}


def test_a_password_in_a_path_is_no_part_of_a_version() -> None:
    first = versions(source={**FILES, "path": "ftp://user:first@host/papers"})
    second = versions(source={**FILES, "path": "ftp://user:second@host/papers"})
    assert first == second


def test_the_same_rows_again_leave_everything_fresh(done: SmallProject) -> None:
    run_batch(done.definitions, done.instance, done.keys[0])
    assert stale(done, done.keys[0]) == {}


def test_a_changed_prompt_is_stale_until_it_is_used_and_then_what_depends_on_it(
    done: SmallProject, tmp_path: Path
) -> None:
    first, second = done.keys
    assert stale(done, first) == {}
    with_changed(tmp_path, "summary")
    settings = done.project.settings
    own = settings.prompts.model_copy(update={"folder": str(tmp_path)})
    project = Project(settings.model_copy(update={"prompts": own}))
    changed = build_defs(project)
    assert stale(done, first, changed) == {"summaries": "has a new code version"}
    assert stale_batches(done.instance, project.code_versions, done.keys) == {
        first: ["summaries"],
        second: ["summaries"],
    }

    job = changed.resolve_job_def("batches")
    job.get_subset(asset_selection={dg.AssetKey("summaries")}).execute_in_process(
        instance=done.instance, tags={"dagster/partition": first}
    )
    assert set(stale(done, first, changed)) == {"raw_extractions", "hf_dataset"}
    run_batch(changed, done.instance, first)
    assert stale(done, first, changed) == {CARD: "has a new dependency data version"}
    assert set(stale(done, second, changed)) == {"summaries", CARD}

    run_card(changed, done.instance)
    (run, *_) = done.instance.get_runs(limit=1)
    warned = {
        one.check_name: one.metadata
        for one in recorded_evaluations(done.instance, run.run_id)
        if not one.passed
    }
    assert {"rows_were_made_alike", "batches_are_current"} <= set(warned)
    assert f"in {first}" in html.unescape(str(warned["rows_were_made_alike"]["mixed"].value))
    outdated = html.unescape(str(warned["batches_are_current"]["outdated"].value))
    assert outdated == f"- {second}: summaries"


def test_other_split_shares_make_the_card_stale_when_the_shards_are_written(
    done: SmallProject,
) -> None:
    settings = done.project.settings
    shares = settings.dataset.model_copy(update={"test_percent": 0, "validation_percent": 0})
    changed = build_defs(Project(settings.model_copy(update={"dataset": shares})))
    assert set(stale(done, done.keys[1], changed)) == {"hf_dataset"}
    run_batch(changed, done.instance, done.keys[1])
    assert set(stale(done, done.keys[1], changed)) == {CARD}


def test_a_batch_from_before_versions_were_recorded_is_stale(done: SmallProject) -> None:
    key = done.keys[1]
    # Dagster's own stand-in, where an asset has no code version, is the id of the run.
    old = dg.AssetMaterialization("chunks", partition=key, tags={CODE_VERSION_TAG: "a-run-id"})
    done.instance.report_runless_asset_event(old)
    assert "chunks" in stale(done, key)
    now = done.project.code_versions
    assert "chunks" in stale_batches(done.instance, now, done.keys)[key]
    assert stale_batches(done.instance, now, ["never-made"]) == {}


def test_what_a_run_makes_with_its_own_options_is_stale_under_the_settings(
    done: SmallProject,
) -> None:
    key = done.keys[1]
    job = done.definitions.resolve_job_def("batches")
    job.get_subset(asset_selection={dg.AssetKey("summaries")}).execute_in_process(
        instance=done.instance,
        tags={"dagster/partition": key},
        run_config={"ops": {"summaries": {"config": {"temperature": 0.15}}}},
    )
    assert "summaries" in stale_batches(done.instance, done.project.code_versions, [key])[key]
    colder = done.project.settings.summaries.model_copy(update={"temperature": 0.15})
    project = Project(done.project.settings.model_copy(update={"summaries": colder}))
    assert "summaries" not in stale_batches(done.instance, project.code_versions, [key])[key]


def with_changed(folder: Path, task: PromptTask) -> PromptSet:
    """Return the templates of a project whose own file for `task` ends with one more sentence."""
    bundled = bundled_file(task).decode()
    (folder / task).parent.mkdir(exist_ok=True)
    (folder / f"{task}.txt").write_text(f"{bundled.rstrip()}\nBe brief.\n", encoding="utf-8")
    return load_prompts(folder)


def stale(
    small: SmallProject, key: str, definitions: dg.Definitions | None = None
) -> dict[str, str]:
    """Return what Dagster's UI calls stale, with the first cause."""
    resolver = CachingStaleStatusResolver(
        small.instance,
        (definitions or small.definitions).resolve_asset_graph(),
        LoadingContextForTest(small.instance),
    )
    found: dict[str, str] = {}
    for asset in (*BATCH_ASSETS, CARD):
        partition = None if asset == CARD else key
        for cause in resolver.get_stale_causes(dg.AssetKey(asset), partition):
            found.setdefault(asset, cause.reason)
    return found
