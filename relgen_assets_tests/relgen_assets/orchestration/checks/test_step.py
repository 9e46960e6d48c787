"""Several checks in one step: each keeps its name and result, and can be selected alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.orchestration.checks.step import Check, build_step
from resources.step_failures import error_of

KEY = "batch-00001"
PARTITIONS = dg.StaticPartitionsDefinition([KEY])


class Opened:
    """What the checks read; counts how often it was opened."""

    times = 0

    def __init__(self, context: dg.AssetCheckExecutionContext) -> None:
        Opened.times += 1
        self.key = context.partition_key


def passes(view: Opened) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, metadata={"batch": view.key})


def warns(view: Opened) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=False, severity=dg.AssetCheckSeverity.WARN, description="too few"
    )


def cannot_read(view: Opened) -> dg.AssetCheckResult:
    raise DatasetError("the file is damaged.")


def evaluate(
    *checks: Check[Opened],
    selected: Sequence[str] = (),
    raise_on_error: bool = True,
) -> dg.ExecuteInProcessResult:
    """Run checks of the asset `numbers` in one step, all or those selected by name."""

    @dg.asset(partitions_def=PARTITIONS)
    def numbers() -> None:
        """Nothing."""

    step = build_step(
        "numbers_checks", "numbers", checks, Opened, resources=set(), partitions=PARTITIONS
    )
    job = dg.Definitions(
        assets=[numbers],
        asset_checks=[step],
        jobs=[dg.define_asset_job("check", dg.AssetSelection.checks_for_assets("numbers"))],
    ).resolve_job_def("check")
    if selected:
        keys = {dg.AssetCheckKey(dg.AssetKey("numbers"), name) for name in selected}
        job = job.get_subset(asset_check_selection=keys)
    Opened.times = 0
    return job.execute_in_process(tags={"dagster/partition": KEY}, raise_on_error=raise_on_error)


def names(result: dg.ExecuteInProcessResult) -> list[str]:
    return [one.check_name for one in result.get_asset_check_evaluations()]


FIRST, SECOND = Check("first", "One.", passes), Check("second", "Two.", warns)
DAMAGED = Check("damaged", "Three.", cannot_read)


def test_every_check_has_a_result_of_its_own() -> None:
    first, second = evaluate(FIRST, SECOND).get_asset_check_evaluations()
    assert (first.check_name, first.passed) == ("first", True)
    assert first.metadata["batch"].value == KEY
    assert (second.check_name, second.passed) == ("second", False)
    assert second.severity is dg.AssetCheckSeverity.WARN
    assert second.description == "too few"


def test_the_data_of_all_checks_is_opened_once() -> None:
    result = evaluate(FIRST, SECOND)
    assert Opened.times == 1
    assert [event.step_key for event in result.get_step_success_events()] == ["numbers_checks"]


def test_what_the_checks_are_about_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    fetch = dg.DagsterInstance.fetch_materializations

    def counting(self: dg.DagsterInstance, *wanted: Any, **options: Any) -> Any:
        looked_up.append(KEY)
        return fetch(self, *wanted, **options)

    evaluate(FIRST)
    monkeypatch.setattr(dg.DagsterInstance, "fetch_materializations", counting)
    evaluate(FIRST)
    alone = len(looked_up)
    evaluate(FIRST, SECOND)
    assert len(looked_up) == 2 * alone > 0


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_check_can_be_run_alone(name: str) -> None:
    assert names(evaluate(FIRST, SECOND, selected=[name])) == [name]


def test_a_check_that_cannot_run_does_not_hide_the_others() -> None:
    result = evaluate(FIRST, DAMAGED, SECOND, raise_on_error=False)
    assert names(result) == ["first", "second"]
    assert not result.success


def test_neither_does_one_that_meets_a_table_of_other_columns() -> None:
    def other_columns(view: Opened) -> dg.AssetCheckResult:
        raise KeyError("paper_id")

    result = evaluate(Check("broken", "Four.", other_columns), FIRST, raise_on_error=False)
    assert names(result) == ["first"]
    assert not result.success


def test_its_own_error_stands_behind_the_failure() -> None:
    with pytest.raises(dg.Failure, match="the file is damaged") as caught:
        evaluate(DAMAGED, FIRST)
    assert isinstance(error_of(caught.value), DatasetError)
