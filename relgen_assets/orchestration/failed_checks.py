"""Checks of error severity that failed in a run, as one error that shows what they found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError

from relgen_assets.domain_errors import ChecksFailed

_SHOWN_LINES: Final = 5
_SHOWN_CHARACTERS: Final = 300
_COUNTS: Final = ("rows", "violations", "share", "tolerated")
"""Metadata that does not say what is wrong."""


@contextmanager
def raise_failed_checks(instance: dg.DagsterInstance, run_id: str, what: str) -> Iterator[None]:
    """Turn Dagster's error about blocking checks into one with their findings.

    Args:
        instance: The instance that records the run.
        run_id: The run that the block executes.
        what: The batch, or what else the run makes, for the message.

    Raises:
        ChecksFailed: Checks of error severity failed in the run.
    """
    try:
        yield
    except DagsterAssetCheckFailedError:
        failed = [
            one
            for one in recorded_evaluations(instance, run_id)
            if one.blocking and not one.passed and one.severity is dg.AssetCheckSeverity.ERROR
        ]
        noun = "check" if len(failed) == 1 else "checks"
        findings = "".join(f"\n  {line}" for one in failed for line in _finding(one))
        raise ChecksFailed(
            f"{len(failed)} {noun} failed, so nothing that depends on the asset was made:{findings}"
            "\n ",
            where=what,
            remedy="All answers are kept. When the cause is mended, run it again.",
        ) from None


def recorded_evaluations(
    instance: dg.DagsterInstance, run_id: str
) -> Iterator[dg.AssetCheckEvaluation]:
    """Yield the results of the checks of a run, in the order in which they came."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION):
        if entry.dagster_event is not None:
            yield entry.dagster_event.asset_check_evaluation_data


def _finding(one: dg.AssetCheckEvaluation) -> Iterator[str]:
    """Yield the lines about one check: its name, then the first of what it found."""
    counted = one.metadata.get("violations")
    count = "" if counted is None else f": {counted.value} violations"
    yield f"{one.asset_key.to_user_string()}.{one.check_name}{count}"
    for name, value in one.metadata.items():
        found: object = value.value
        if name in _COUNTS or not found:
            continue
        # A text is e.g. the first violations, one a line.
        lines = found.splitlines() if isinstance(found, str) else [f"{name}: {found}"]
        yield from (f"    {line[:_SHOWN_CHARACTERS]}" for line in lines[:_SHOWN_LINES])
