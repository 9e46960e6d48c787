"""Check runs of batches that are unfinished or damaged: what can be checked has its result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import dagster as dg
import pytest

from relgen_assets.domain_errors import ActionableError, StorageError
from relgen_assets.orchestration.check_runs import CheckOutcome, CheckRuns, NotChecked
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project

UNFINISHED, DAMAGED = "papers-00000", "papers-00001"


ONE_SPLIT: dict[str, Any] = {
    "batches": {"size": 1},
    "dataset": {"validation_percent": 0, "test_percent": 0},
}
"""Both batches are in one split, so that it has files left when one of them loses its own."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """Two batches: one that was stopped after its chunks, and one with a damaged table."""
    folder = tmp_path_factory.mktemp("checks")
    with (
        FakeLlamaServer(slots=3) as server,
        small_project(folder, [server], articles(2), **ONE_SPLIT) as project,
    ):
        project.run()
        for asset in ("summaries", "raw_extractions", "validated_extractions"):
            (folder / "data" / asset / f"{UNFINISHED}.parquet").unlink()
        for shard in (folder / "dataset").rglob(f"{UNFINISHED}.parquet"):
            shard.unlink()
        renew_card(project.project)
        (folder / "data" / "summaries" / f"{DAMAGED}.parquet").write_bytes(b"nonsense")
        yield project


@pytest.fixture(scope="module")
def found(small: SmallProject) -> list[CheckOutcome | NotChecked]:
    return small.check()


def checked(found: list[CheckOutcome | NotChecked], key: str | None) -> set[str]:
    return {
        f"{one.asset}.{one.name}"
        for one in found
        if isinstance(one, CheckOutcome) and one.partition == key
    }


def not_checked(found: list[CheckOutcome | NotChecked], key: str | None) -> list[NotChecked]:
    return [one for one in found if isinstance(one, NotChecked) and one.partition == key]


def test_an_unfinished_batch_is_checked_as_far_as_its_tables_are_written(
    found: list[CheckOutcome | NotChecked],
) -> None:
    assets = {name.partition(".")[0] for name in checked(found, UNFINISHED)}
    assert assets == {"raw_papers", "chunks"}
    (late,) = not_checked(found, UNFINISHED)
    assert late.missing == ("summaries", "raw_extractions", "validated_extractions", "hf_dataset")
    assert f"relgen run --batches {UNFINISHED}" in late.fault.remedy
    assert len(late.checks) + len(checked(found, UNFINISHED)) == 29


def test_neither_batch_has_a_failed_check(found: list[CheckOutcome | NotChecked]) -> None:
    outcomes = [one for one in found if isinstance(one, CheckOutcome)]
    assert [one for one in outcomes if one.is_error and not one.passed] == []


def test_a_damaged_table_hides_only_the_checks_that_read_it(
    found: list[CheckOutcome | NotChecked],
) -> None:
    (late,) = not_checked(found, DAMAGED)
    assert set(late.checks) == {
        "hf_dataset.rows_match_their_sources",
        "summaries.are_complete",
        "summaries.one_per_article",
        "summaries.schema",
    }
    assert late.missing == ()
    assert "damaged" in late.fault.what
    assert late.fault.where.endswith(f"summaries/{DAMAGED}.parquet")
    assert len(checked(found, DAMAGED)) == 25


def test_the_checks_over_all_batches_run_as_well(found: list[CheckOutcome | NotChecked]) -> None:
    assert "dataset_card.nothing_is_lost" in checked(found, None)


def test_a_ledger_that_cannot_be_opened_is_told_once(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=3) as server,
        small_project(tmp_path, [server], articles(1)) as project,
    ):
        project.run()
        for file in tmp_path.glob("ledger.db*"):
            if file.is_file():
                file.write_bytes(b"no database" * 100)
        missed = [one for one in project.check() if isinstance(one, NotChecked)]
        told = [one for one in missed if "ledger cannot be used" in str(one.fault)]
        assert told
        assert len({one.partition for one in told}) == len(told), "for all checks that need it"


def test_what_no_check_can_do_without_is_one_error(small: SmallProject) -> None:
    def cannot_open(_: dg.InitResourceContext) -> NoReturn:
        raise StorageError("the disk is gone.", where="data", remedy="Mount it.")

    broken = dg.Definitions(
        assets=small.definitions.assets,
        asset_checks=small.definitions.asset_checks,
        jobs=small.definitions.jobs,
        resources={
            **(small.definitions.resources or {}),
            "io_manager": dg.IOManagerDefinition(resource_fn=cannot_open),
        },
    )
    runs = CheckRuns(broken, small.instance, small.tables, str(small.folder / "dataset"))
    with pytest.raises(ActionableError, match=r"^data: the disk is gone. Mount it.$"):
        list(runs.over_all())
