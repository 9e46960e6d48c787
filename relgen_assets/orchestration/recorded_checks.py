"""Results of checks that runs have recorded, as far as they are about the tables of now.

Every run of a batch checks it. A release of a thousand batches would otherwise check for a quarter
of an hour what was checked when the batches were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.check_runs import CheckOutcome
from relgen_assets.orchestration.jobs import BATCH_CHECKS_JOB
from relgen_assets.orchestration.staleness import latest_records

_ENDED = (AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED)
_Reads = Mapping[dg.AssetCheckKey, Iterable[str]]


def recorded_outcomes(
    definitions: dg.Definitions, instance: dg.DagsterInstance, batches: Sequence[str]
) -> dict[str, list[CheckOutcome]]:
    """Return the recorded results of batches, by batch.

    A batch is left out unless each of its checks has a result that is younger than every table
    that the check reads.

    Args:
        definitions: The definitions of the project.
        instance: The instance that recorded the runs.
        batches: Keys of the batches.
    """
    reads = _reads(definitions)
    made = {
        (asset, record.partition_key): record.timestamp
        for asset in BATCH_ASSETS
        for record in latest_records(instance, asset, batches)
    }
    found: dict[str, list[CheckOutcome]] = {}
    for batch in batches:
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(
            list(reads), PartitionKeyFilter(key=batch)
        )
        ages = {asset: made.get((asset, batch)) for asset in BATCH_ASSETS}
        outcomes = [
            outcome
            for key, read in reads.items()
            if (outcome := _outcome(latest.get(key), [ages.get(one) for one in read])) is not None
        ]
        if len(outcomes) == len(reads):
            found[batch] = outcomes
    return found


def _reads(definitions: dg.Definitions) -> _Reads:
    """Return the assets that each check of a batch reads."""
    graph = definitions.resolve_job_def(BATCH_CHECKS_JOB).asset_layer.asset_graph
    return {
        key: {
            one.to_user_string()
            for one in (key.asset_key, *graph.get(key).parent_entity_keys)
            if isinstance(one, dg.AssetKey)
        }
        for key in graph.asset_check_keys
    }


def _outcome(
    record: AssetCheckExecutionRecord | None, made: Sequence[float | None]
) -> CheckOutcome | None:
    """Return a recorded result; `None` if there is none, or a table is younger."""
    if record is None or record.event is None or record.status not in _ENDED:
        return None
    evaluation: Any = record.event.dagster_event and (
        record.event.dagster_event.asset_check_evaluation_data
    )
    if evaluation is None or any(one is None or one > record.event.timestamp for one in made):
        return None
    return CheckOutcome(
        asset=evaluation.asset_key.to_user_string(),
        name=evaluation.check_name,
        partition=record.partition,
        passed=evaluation.passed,
        is_error=evaluation.severity is dg.AssetCheckSeverity.ERROR,
        details={name: value.value for name, value in evaluation.metadata.items()},
    )
