"""A dropped batch is gone from tables, dataset and card; its answers are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import datasets
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import BatchInUse, ConfigurationError
from relgen_assets.export.shards import shard_places
from relgen_assets.integrity.overview import overview
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.drop_job import DROP_JOB, OP
from relgen_assets.orchestration.dropping import stored_batches
from relgen_assets.orchestration.partitions import PARTITION_TAG
from relgen_assets.orchestration.runs import run_drop
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project
from resources.errors import LedgerError


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3) as running:
        yield running


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, server: FakeLlamaServer
) -> Iterator[SmallProject]:
    """Two batches of one article; the tests run in their order."""
    folder = tmp_path_factory.mktemp("done")
    with small_project(folder, [server], articles(2), batches={"size": 1}) as small:
        small.run()
        yield small


def test_an_unknown_batch_is_refused(done: SmallProject) -> None:
    with pytest.raises(ConfigurationError, match="there is no such batch"):
        run_drop(done.definitions, done.instance, "papers-00009")


def test_a_drop_has_to_be_confirmed_and_says_how(done: SmallProject) -> None:
    key = done.keys[0]
    job = done.definitions.resolve_job_def(DROP_JOB)
    with pytest.raises(dg.Failure) as caught:
        job.execute_in_process(instance=done.instance, partition_key=key)
    first, happened = str(caught.value.description).splitlines()
    assert first == f"Set ops.{OP}.config.confirm to true."
    assert f"{key}: nothing was removed" in happened
    assert done.tables.exists("raw_papers", key)


def test_a_batch_that_a_run_is_working_on_is_refused(done: SmallProject) -> None:
    key = done.keys[0]
    run = dg.DagsterRun(
        job_name="batches",
        run_id=str(uuid4()),
        status=dg.DagsterRunStatus.STARTED,
        tags={PARTITION_TAG: key},
    )
    done.instance.add_run(run)
    with pytest.raises(BatchInUse, match=f"{run.run_id} of batches is started"):
        run_drop(done.definitions, done.instance, key)
    done.instance.report_run_failed(run)


def test_a_batch_whose_lease_is_held_is_refused(done: SmallProject) -> None:
    key = done.keys[0]
    ledger = build_resources(done.project.settings).generation_ledger
    held = ledger.lease(f"raw_extractions/{key}")
    with held, pytest.raises(LedgerError, match=f"still working on raw_extractions/{key}"):
        run_drop(done.definitions, done.instance, key)
    assert stored_batches(done.tables, str(done.folder / "dataset")) == set(done.keys)


def test_tables_shards_and_card_are_those_of_the_other_batch(
    done: SmallProject, tmp_path: Path
) -> None:
    dropped, kept = done.keys
    run_drop(done.definitions, done.instance, dropped)
    dataset = str(done.folder / "dataset")
    assert stored_batches(done.tables, dataset) == {kept}
    assert {key for _, _, key in shard_places(dataset)} == {kept}
    loaded = datasets.load_dataset(dataset, "core", cache_dir=str(tmp_path))
    rows = sum(split.num_rows for split in loaded.values())
    assert rows == overview(done.tables, [kept]).usable > 0
    outcomes = done.check(kept)
    assert all(
        isinstance(one, CheckOutcome) and (one.passed or not one.is_error) for one in outcomes
    )
    assert statuses(done, dropped) == {StaleStatus.MISSING}
    assert statuses(done, kept) == {StaleStatus.FRESH}


def test_making_it_again_asks_no_server(done: SmallProject, server: FakeLlamaServer) -> None:
    before = asked(server)
    done.run(done.keys[0])
    assert asked(server) == before
    assert stored_batches(done.tables, str(done.folder / "dataset")) == set(done.keys)
    assert statuses(done, done.keys[0]) == {StaleStatus.FRESH}


def test_a_batch_of_former_settings_can_be_dropped(done: SmallProject) -> None:
    table = done.tables.read("raw_papers", done.keys[0])
    done.tables.write(table, "raw_papers", "former-00000")
    run_drop(done.definitions, done.instance, "former-00000")
    assert "former-00000" not in done.tables.partitions("raw_papers")


def statuses(small: SmallProject, key: str) -> set[StaleStatus]:
    """Return what Dagster's UI says of the assets of a batch."""
    resolver = CachingStaleStatusResolver(
        small.instance,
        small.definitions.resolve_asset_graph(),
        LoadingContextForTest(small.instance),
    )
    return {resolver.get_status(dg.AssetKey(asset), key) for asset in BATCH_ASSETS}
