"""The running step of a run, on the progress board: what happens where no model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from resources.progress import BOARD, ProgressTask

_ENDS = {
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
    dg.DagsterEventType.STEP_UP_FOR_RETRY,
}


@contextmanager
def shown_steps(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Show each step of a run as a task without a count while it runs in the block."""
    running: dict[str, ProgressTask] = {}

    def heard(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None or event.step_key is None:
            return
        if event.event_type is dg.DagsterEventType.STEP_START:
            running[event.step_key] = BOARD.begin(event.step_key, 0)
        elif event.event_type in _ENDS and event.step_key in running:
            running.pop(event.step_key).finish()

    instance.add_event_listener(run_id, heard)
    try:
        yield
    finally:
        for task in running.values():
            task.finish()
