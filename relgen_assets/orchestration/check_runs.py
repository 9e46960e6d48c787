"""Runs of the asset checks, for the command line: results, and apart from them what could not run.

A check of a batch runs if the assets it reads are written; the others of an unfinished batch are
listed as not checked. A check that cannot read what is there, e.g. a damaged file, is listed with
its error and hides no other result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import uuid4

import dagster as dg

from relgen_assets.domain_errors import ActionableError
from relgen_assets.integrity.overview import StoredTables, missing_assets
from relgen_assets.orchestration.in_process import QUIET, executing
from relgen_assets.orchestration.jobs import BATCH_CHECKS_JOB, CARD_CHECKS_JOB
from relgen_assets.orchestration.outage_retries import NO_RETRIES
from relgen_assets.orchestration.partitions import PARTITION_TAG

_WRAPPERS = (dg.DagsterResourceFunctionError.__name__, dg.Failure.__name__)
"""Errors that only wrap the one of a resource."""
_Keys = AbstractSet[dg.AssetCheckKey]


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The result of one asset check.

    Attributes:
        partition: Batch that was checked, or `None` for a check over all batches.
        is_error: Whether a failure is an error rather than a warning.
        details: The metadata that the check recorded.
    """

    asset: str
    name: str
    partition: str | None
    passed: bool
    is_error: bool
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Checks that could not run, for one reason.

    Attributes:
        partition: Their batch, or `None` for checks over all batches.
        checks: The checks, as `asset.check`.
        missing: Assets that the batch has not written yet; empty if there is another reason.
        fault: Why they could not run, and what to do.
    """

    partition: str | None
    checks: tuple[str, ...]
    missing: tuple[str, ...]
    fault: ActionableError


@dataclass(frozen=True, slots=True)
class CheckRuns:
    """Runs checks of a project and records their results.

    Attributes:
        definitions: The definitions of the project.
        instance: The instance that records the results.
        tables: Where the tables of the batches are stored.
        dataset: Folder of the dataset.
    """

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    tables: StoredTables
    dataset: str

    def batch(self, key: str) -> Iterator[CheckOutcome | NotChecked]:
        """Run the checks of one batch.

        Raises:
            ActionableError: What all of them need cannot be opened, such as the ledger.
        """
        job = self.definitions.resolve_job_def(BATCH_CHECKS_JOB)
        missing = missing_assets(self.tables, self.dataset, key)
        late = _reading(job, missing)
        yield from _run(self.definitions, self.instance, job, _keys(job) - late, key)
        if late:
            yield NotChecked(key, _names(late), missing, _unfinished(key, missing))

    def over_all(self) -> Iterator[CheckOutcome | NotChecked]:
        """Run the checks over all batches.

        Raises:
            ActionableError: What all of them need cannot be opened, such as the ledger.
        """
        job = self.definitions.resolve_job_def(CARD_CHECKS_JOB)
        yield from _run(self.definitions, self.instance, job, _keys(job), None)


def _unfinished(key: str, missing: Sequence[str]) -> ActionableError:
    verb = "is" if len(missing) == 1 else "are"
    return ActionableError(
        f"this batch is unfinished: {', '.join(missing)} {verb} not written yet.",
        where=key,
        remedy=f"Finish it with `relgen run --batches {key}`; known answers are not asked again.",
    )


def _keys(job: dg.JobDefinition) -> _Keys:
    return job.asset_layer.asset_graph.asset_check_keys


def _reading(job: dg.JobDefinition, missing: Sequence[str]) -> _Keys:
    """Return the checks of a job that read one of the assets."""
    graph = job.asset_layer.asset_graph
    assets = {dg.AssetKey(name) for name in missing}
    return {key for key in _keys(job) if graph.get(key).parent_entity_keys & assets}


def _names(keys: _Keys) -> tuple[str, ...]:
    return tuple(sorted(f"{key.asset_key.to_user_string()}.{key.name}" for key in keys))


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    keys: _Keys,
    partition: str | None,
) -> Iterator[CheckOutcome | NotChecked]:
    """Run some checks of a job; those without a result come last, with the error of their step.

    Dagster skips steps that come after one with an error. In checks alone none needs another, so
    what was skipped is run again without it.
    """
    steps = {step.node_def.name: step.check_keys for step in definitions.asset_checks or ()}
    errors: dict[str, BaseException] = {}
    evaluated: set[dg.AssetCheckKey] = set()
    left = keys
    while left:
        result, new = _execute(instance, job, left, partition)
        yield from _outcomes(result, partition)
        errors |= new
        evaluated |= {one.asset_check_key for one in result.get_asset_check_evaluations()}
        skipped = left - evaluated - {key for step in new for key in steps[step]}
        if skipped == left:
            raise _before_any_step(result)
        left = skipped
    yield from _without_result(keys - evaluated, errors, steps, partition)


def _execute(
    instance: dg.DagsterInstance, job: dg.JobDefinition, keys: _Keys, partition: str | None
) -> tuple[dg.ExecuteInProcessResult, dict[str, BaseException]]:
    """Run some checks of a job; return the errors of the steps that had one as well.

    Raises:
        ActionableError: The run failed before its first step.
    """
    errors: dict[str, BaseException] = {}

    @dg.failure_hook(name="note_the_error_of_a_step")
    def note(context: dg.HookContext) -> None:
        if context.op_exception is not None:
            errors[context.op.name] = context.op_exception

    if keys != _keys(job):
        job = job.get_subset(asset_check_selection=keys)
    run_id = str(uuid4())
    with executing(instance, run_id):
        result = job.with_hooks({note}).execute_in_process(
            instance=instance,
            tags=NO_RETRIES if partition is None else {**NO_RETRIES, PARTITION_TAG: partition},
            run_config=QUIET,
            run_id=run_id,
            raise_on_error=False,  # a step that fails must not keep the others from running
        )
    for error in errors.values():
        if not isinstance(error, Exception):
            raise error  # Ctrl-C, which Dagster takes for the failure of a step
    if not result.success and not errors:
        raise _before_any_step(result)
    return result, errors


def _outcomes(result: dg.ExecuteInProcessResult, partition: str | None) -> Iterator[CheckOutcome]:
    for evaluation in result.get_asset_check_evaluations():
        yield CheckOutcome(
            asset=evaluation.asset_key.to_user_string(),
            name=evaluation.check_name,
            partition=partition,
            passed=evaluation.passed,
            is_error=evaluation.severity is dg.AssetCheckSeverity.ERROR,
            details={name: value.value for name, value in evaluation.metadata.items()},
        )


def _without_result(
    keys: _Keys,
    errors: Mapping[str, BaseException],
    steps: Mapping[str, _Keys],
    partition: str | None,
) -> Iterator[NotChecked]:
    """Yield those checks that have no result, those with the same error together.

    Args:
        keys: Checks without a result.
        errors: The errors of steps, by name.
        steps: The checks of each step, by name.
        partition: Their batch.
    """
    by_fault: dict[str, tuple[ActionableError, set[dg.AssetCheckKey]]] = {}
    for step, error in errors.items():
        fault = _actionable(error)
        _, affected = by_fault.setdefault(str(fault), (fault, set()))
        affected.update(keys & steps[step])
    for fault, affected in by_fault.values():
        if affected:  # a failed check that blocks fails its step, but has a result
            yield NotChecked(partition, _names(affected), (), fault)


def _actionable(error: BaseException) -> ActionableError:
    """Return the error of a step as a person should read it."""
    for one in (error, error.__cause__):
        if isinstance(one, ActionableError):
            return one
    first = str(error).partition("\n")[0].rstrip(".")
    return ActionableError(
        f"a stored table is not what the check expects ({type(error).__name__}: {first}).",
        remedy="Materialise the assets of this batch again; the run's log has the details.",
    )


def _before_any_step(result: dg.ExecuteInProcessResult) -> ActionableError:
    """Return why a run failed before its first step, e.g. because a resource cannot be opened."""
    failures = [one.job_failure_data for one in result.all_events if one.is_job_failure]
    error = failures[0].error if failures else None
    while error is not None and error.cls_name in _WRAPPERS:
        error = error.cause
    what = error.message.partition(": ")[2].strip() if error else "the checks did not start."
    return ActionableError(what)
