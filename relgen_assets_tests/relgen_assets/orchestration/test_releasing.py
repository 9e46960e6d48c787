"""Only a dataset with green checks that was made under the settings of now is released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.domain_errors import ChecksFailed, ConfigurationError, DatasetError
from relgen_assets.export.shards import find_shards
from relgen_assets.orchestration.check_runs import CheckOutcome, CheckRuns, NotChecked
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.rebuilding import answering_model, batches_of
from relgen_assets.orchestration.recorded_checks import recorded_outcomes
from relgen_assets.orchestration.releasing import (
    make_release,
    release_order,
    require_batches,
    require_current,
    require_green,
)
from relgen_assets.settings import ExtractionSettings
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project
from resources.generation_ledger.ledger import GenerationLedger


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """One batch, run once."""
    with FakeLlamaServer(slots=3) as server:
        rows = articles(2, sentences=5)
        with small_project(tmp_path_factory.mktemp("done"), [server], rows) as small:
            small.run()
            yield small


def checks_of(small: SmallProject) -> CheckRuns:
    dataset = small.project.settings.storage.dataset
    return CheckRuns(small.definitions, small.instance, small.tables, dataset)


def test_a_dataset_as_it_was_made_may_be_released(done: SmallProject, tmp_path: Path) -> None:
    assert require_batches(done.project) == done.keys
    require_current(done.instance, done.project, done.keys)
    require_green(checks_of(done), done.keys)
    order = release_order(done.project, done.tables, every_row=True)
    dataset = done.project.settings.storage.dataset
    release = make_release(order, dataset, tmp_path, None)
    assert release.is_new
    assert [path.name for path in tmp_path.iterdir()] == [release.manifest.version]
    again = make_release(order, dataset, tmp_path, None)
    assert again.folder == release.folder
    assert not again.is_new, "the same content is not kept twice"
    named = make_release(order, dataset, tmp_path, "v1")
    assert named.manifest == release.manifest
    assert named.folder.name == "v1"


def test_a_batch_made_under_other_settings_is_refused(done: SmallProject) -> None:
    other = done.project.settings.model_copy(update={"extractions": ExtractionSettings(seed=7)})
    with pytest.raises(DatasetError, match=r"other settings, prompts or rules.*papers-00000"):
        require_current(done.instance, Project(other), done.keys)


def test_a_batch_that_the_settings_do_not_name_is_refused(done: SmallProject) -> None:
    source = done.project.settings.source.model_copy(update={"name": "renamed"})
    renamed = Project(done.project.settings.model_copy(update={"source": source}))
    with pytest.raises(DatasetError, match=r"do not name: papers-00000\..*relgen drop"):
        require_batches(renamed)
    with pytest.raises(ConfigurationError, match="papers-00000"):
        batches_of(renamed, done.keys)


def test_a_failing_check_is_named_and_nothing_is_released(done: SmallProject) -> None:
    shard = next(
        Path(one.url)
        for one in find_shards(done.project.settings.storage.dataset)
        if one.config != "full"
    )
    data = shard.read_bytes()
    shard.unlink()
    try:
        with pytest.raises(ChecksFailed, match=r"nothing_is_lost(.|\n)*relgen check"):
            require_green(checks_of(done), done.keys)
    finally:
        shard.write_bytes(data)


def test_recorded_checks_count_until_a_table_is_younger(
    done: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recorded() -> dict[str, list[CheckOutcome]]:
        return recorded_outcomes(done.definitions, done.instance, done.keys)

    (outcomes,) = recorded().values()
    run_now = [one for one in checks_of(done).batch(done.keys[0]) if isinstance(one, CheckOutcome)]
    assert sorted(outcomes, key=str) == sorted(run_now, key=str)

    asked_for: list[str] = []
    run_checks = CheckRuns.batch

    def noted(runs: CheckRuns, key: str) -> Iterator[CheckOutcome | NotChecked]:
        asked_for.append(key)
        return run_checks(runs, key)

    monkeypatch.setattr(CheckRuns, "batch", noted)
    require_green(checks_of(done), done.keys)
    assert asked_for == [], "they are green, and of the tables of now"
    done.instance.report_runless_asset_event(
        dg.AssetMaterialization("chunks", partition=done.keys[0])
    )
    assert recorded() == {}
    require_green(checks_of(done), done.keys)
    assert asked_for == done.keys
    assert recorded().keys() == set(done.keys), "what was run now is recorded"


def test_the_model_of_a_rebuild_is_never_guessed(done: SmallProject, tmp_path: Path) -> None:
    settings = done.project.settings
    model = FakeLlamaServer().model
    with_answers = GenerationLedger(url=settings.ledger.url, password_env=None)
    empty = GenerationLedger(url=f"sqlite:///{tmp_path}/empty.db", password_env=None)
    assert answering_model(settings, with_answers) == model
    assert answering_model(settings, with_answers, [model, "another"]) == model
    with pytest.raises(ConfigurationError, match="the ledger holds no answers"):
        answering_model(settings, empty)
    with pytest.raises(ConfigurationError, match="whose answers"):
        answering_model(settings, with_answers, ["another"])
    named = settings.model_copy(
        update={"pool": settings.pool.model_copy(update={"model": "named"})}
    )
    assert answering_model(named, empty) == "named"
    with_answers.close()
    empty.close()
