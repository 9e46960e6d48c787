"""What a run in the process of a command must not do: take signals over, and start helpers.

While Dagster executes, it replaces the handlers of SIGINT and SIGTERM. Its own raise an error at
each signal, so a second Ctrl-C would tear up the clean-up after the first, and retry policies take
that error for a reason to try again. It also starts four processes a step to copy output to the
terminal. They print tracebacks at Ctrl-C, and what they copy would tear up the progress bar. Runs
of the web UI have processes of their own and stay as they are.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import dagster as dg
import yaml
from dagster._core.execution.compute_logs import redirect_to_file
from dagster._core.storage.compute_log_manager import CapturedLogContext, ComputeIOType
from dagster._core.storage.local_compute_log_manager import (
    IO_TYPE_EXTENSION,
    LocalComputeLogManager,
)
from dagster._serdes import ConfigurableClassData
from dagster._utils import ensure_file, interrupts, touch_file

from relgen_assets.orchestration.dead_runs import alive, fail_interrupted
from relgen_assets.orchestration.step_progress import shown_steps
from resources.dagster_home import LogsBelowHome, below_home

QUIET: Final[Mapping[str, Any]] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run configuration: the log goes to the instance only, since the terminal belongs to a display."""


class StepOutput(LocalComputeLogManager):
    """Keeps the output of steps in the files that the web UI shows, and copies it nowhere."""

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Generator[CapturedLogContext, None, None]:
        """Write what this process prints to the files of a step until the block ends."""
        out, err = (
            self.get_captured_local_path(log_key, IO_TYPE_EXTENSION[stream])
            for stream in (ComputeIOType.STDOUT, ComputeIOType.STDERR)
        )
        ensure_file(out)
        ensure_file(err)
        with redirect_to_file(sys.stdout, out), redirect_to_file(sys.stderr, err):
            yield CapturedLogContext(log_key)
        complete: str = self.complete_artifact_path(log_key)  # type: ignore[no-untyped-call]
        touch_file(complete)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> StepOutput:
        """Return one with the settings of Dagster's own."""
        return cls(inst_data=inst_data, **config_value)


_PLACES: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    LocalComputeLogManager.__name__: dict,
    LogsBelowHome.__name__: below_home,
}
"""By the class that keeps output, Dagster's or the shipped one: its place, for `StepOutput`."""


def without_helpers(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """Return the same instance without processes that copy output; others than local stay as is."""
    ref = instance.get_ref()
    logs = ref.compute_logs_data
    place = _PLACES.get(logs.class_name)
    if place is None:
        return instance
    own = logs._replace(
        module_name=__name__,
        class_name=StepOutput.__name__,
        config_yaml=yaml.safe_dump(place(logs.config_dict)),
    )
    return dg.DagsterInstance.from_ref(ref._replace(compute_logs_data=own))


@contextmanager
def executing(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Surround the execution of a run: it is known to live, shown, and recorded if interrupted."""
    with (
        alive(instance, run_id),
        fail_interrupted(instance, run_id),
        own_signal_handlers(),
        shown_steps(instance, run_id),
    ):
        yield


@contextmanager
def own_signal_handlers() -> Iterator[None]:
    """Leave signal handlers that the caller has installed in place while Dagster executes."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        yield
        return
    replace = interrupts._replace_interrupt_signal  # noqa: SLF001 - Dagster has no switch for it
    interrupts._replace_interrupt_signal = _leave_in_place  # noqa: SLF001
    try:
        yield
    finally:
        interrupts._replace_interrupt_signal = replace  # noqa: SLF001


def _leave_in_place(new_signal_handler: Any) -> None:
    """Stand in for what Dagster does to the handlers."""
