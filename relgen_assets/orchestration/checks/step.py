"""All checks of one asset in one step, which opens their data only once.

Each check keeps its own name, description, severity and result, and can be selected alone. A
separate step for every check would cost more than most checks do: Dagster writes a dozen events per
step. This module does not know what is checked.

A check of error severity is blocking: when it fails, the run fails and nothing that depends on the
asset is made. A run of checks alone makes nothing, so there a failed check is a result and hides
none of the others.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import dagster as dg

from resources.step_failures import remedy_first

ViewT = TypeVar("ViewT")


@dataclass(frozen=True, slots=True)
class Check(Generic[ViewT]):
    """One check of an asset.

    Attributes:
        description: What a reader of the UI should know.
        evaluate: Returns the result, given the view that all checks of the step share.
        reads: Further assets the check reads.
        automation: When to run the check on its own; `None`: whenever its asset is materialised.
        blocking: Whether a failure of error severity fails the run and stops what follows.
    """

    name: str
    description: str
    evaluate: Callable[[ViewT], dg.AssetCheckResult]
    reads: Sequence[str | dg.AssetDep] = ()
    automation: dg.AutomationCondition[dg.AssetCheckKey] | None = None
    blocking: bool = True


def build_step(
    name: str,
    asset: str,
    checks: Sequence[Check[ViewT]],
    open_view: Callable[[dg.AssetCheckExecutionContext], ViewT],
    *,
    resources: set[str],
    partitions: dg.PartitionsDefinition[str] | None = None,
) -> dg.AssetChecksDefinition:
    """Return the step that runs the checks of one asset, all or those selected.

    Args:
        name: Name of the step.
        asset: Asset the checks belong to.
        checks: The checks, in the order in which they run.
        open_view: Returns what the checks read; called once per run of the step.
        resources: Keys of the resources that `open_view` takes from the context.
        partitions: The partitions of the asset, for checks of one batch.
    """
    with warnings.catch_warnings():
        # Partitioned checks are a preview feature of Dagster; the graph relies on them knowingly.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [
            dg.AssetCheckSpec(
                check.name,
                asset=asset,
                description=check.description,
                additional_deps=check.reads,
                partitions_def=partitions,
                automation_condition=check.automation,
                blocking=check.blocking,
            )
            for check in checks
        ]

    @dg.multi_asset_check(
        name=name, specs=specs, can_subset=True, required_resource_keys=set(resources)
    )
    def step(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        # A run of checks alone has steps that wait for each other, but no asset to hold back.
        materializes = bool(context.job_def.asset_layer.selected_asset_keys)
        selected = {key.name for key in context.selected_asset_check_keys}
        with remedy_first():
            view = open_view(context)
        kind = _result_class(blocks=materializes)
        errors: list[Exception] = []
        for check in checks:
            if check.name in selected:
                try:
                    result = check.evaluate(view)
                except Exception as error:  # any: the columns of a stored table may be others
                    # The other checks can still tell what is wrong with the batch.
                    context.log.error("Check %s could not run: %s", check.name, error)
                    errors.append(error)
                else:
                    yield _named(result, asset, check.name, kind)
        if errors:
            with remedy_first():
                raise errors[0]

    return step


def _result_class(*, blocks: bool) -> type[dg.AssetCheckResult]:
    """Return the class of the results of one step.

    The results of a step are about the same materialisation, which is looked up once. In a run of
    checks alone they fail no step, however bad they are.

    Args:
        blocks: Whether a bad result holds back what follows.
    """
    targets: dict[dg.AssetKey, Any] = {}

    class Result(dg.AssetCheckResult):
        def _get_target_materialization_data(
            self, step_context: Any, check_key: dg.AssetCheckKey
        ) -> Any:
            if check_key.asset_key not in targets:
                targets[check_key.asset_key] = super()._get_target_materialization_data(
                    step_context, check_key
                )
            return targets[check_key.asset_key]

        def to_asset_check_evaluation(self, step_context: Any) -> dg.AssetCheckEvaluation:
            """Return the evaluation that Dagster stores."""
            one = super().to_asset_check_evaluation(step_context)
            return one if blocks else _not_blocking(one)

    return Result


def _not_blocking(one: dg.AssetCheckEvaluation) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=one.asset_key,
        check_name=one.check_name,
        passed=one.passed,
        metadata=one.metadata,
        target_materialization_data=one.target_materialization_data,
        severity=one.severity,
        description=one.description,
        blocking=False,
        partition=one.partition,
    )


def _named(
    result: dg.AssetCheckResult, asset: str, check: str, kind: type[dg.AssetCheckResult]
) -> dg.AssetCheckResult:
    """Return a result with the name of its check, which a step of several checks needs."""
    return kind(
        asset_key=asset,
        check_name=check,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
        description=result.description,
    )
