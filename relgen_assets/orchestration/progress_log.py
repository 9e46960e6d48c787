"""Progress and warnings of a step in the log of its run, where Dagster's UI shows them.

Work on servers takes minutes to hours. Without this, the log of its step is silent from start to
end, even while every server is dead. The work itself knows nothing about logs: it advances tasks of
the progress board and warns through Python's logging.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from resources.progress import EndpointActivity, TaskProgress, following

SECONDS_BETWEEN_LINES = 30.0
"""A task that goes on as before is reported this often."""
_FIRST_LINE = 1.0
"""A task that ends sooner, e.g. with every answer in the ledger, gets its last line only."""
_TICK = 1.0
"""Changes are written this often at most, so that a flickering server does not fill the log."""
_LOGGERS = ("resources", "relgen_assets")
"""Warnings of these loggers belong to the run."""

_STEP: ContextVar[object | None] = ContextVar("step", default=None)
"""The step that this context works for. Threads of the pool inherit it with each request."""


@contextmanager
def logged_progress(log: logging.Logger, tick: float = _TICK) -> Iterator[None]:
    """Write the progress of the tasks that the block begins, and its warnings, into a log.

    A thread of its own writes: an event of Dagster takes milliseconds, in which the pool's loop
    would serve nobody. Several runs in one process do not mix.

    Args:
        log: The log of the run.
        tick: Seconds between two looks at what has changed.
    """
    step = _StepLog(log)
    ended = threading.Event()

    def keep_writing() -> None:
        while not ended.wait(tick):
            step.write(time.monotonic())

    writer = threading.Thread(target=keep_writing, name="progress-log", daemon=True)
    token = _STEP.set(step)
    warnings = _Warnings(step)
    try:
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(warnings)
        writer.start()
        with following(step.hear):
            yield
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(warnings)
        _STEP.reset(token)
        ended.set()
        writer.join()
        step.write(time.monotonic())


def progress_line(task: TaskProgress, now: float) -> str:
    """Return the state of a task as one line.

    Args:
        task: The task.
        now: `time.monotonic()`.
    """
    parts = [f"{task.done} of {task.total} done"] if task.total else []
    if task.from_ledger:
        parts.append(f"{task.from_ledger} from the ledger")
    if task.failed:
        parts.append(f"{task.failed} failed")
    seconds = now - task.started
    if task.tokens and seconds > 0:
        parts.append(f"{task.tokens / seconds:.0f} tokens/s")
    left = seconds_left(task, now)
    if task.finished:
        parts.append(f"ended after {_duration(seconds)}")
    elif left is not None:
        parts.append(f"about {_duration(left)} left")
    line = f"{task.title}: {', '.join(parts)}" if parts else task.title
    note = f"; {task.note}" if task.note else ""
    return f"{line}{note}{_endpoints(() if task.finished else task.endpoints)}"


def seconds_left(task: TaskProgress, now: float) -> float | None:
    """Return how long a task still takes at its average speed; `None` if that is unknown.

    Units that were answered from the ledger took no time and say nothing about the others.
    """
    fresh = task.done - task.from_ledger
    if fresh <= 0 or task.note:
        return None
    return (now - task.started) / fresh * (task.total - task.done)


def _endpoints(endpoints: tuple[EndpointActivity, ...]) -> str:
    return "".join(f"\n  {_activity(one)}" for one in endpoints)


def _activity(one: EndpointActivity) -> str:
    slots = "?" if one.slots is None else one.slots
    speed = f", {one.tokens_per_second:.0f} tokens/s" if one.tokens_per_second else ""
    return f"{one.name}: {one.running} of {slots} slots busy{speed}, {one.state}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _gist(task: TaskProgress) -> tuple[object, ...]:
    """Return what is worth a line of its own when it changes; counted seconds are not."""
    return (
        task.finished,
        re.sub(r"\d+", "", task.note),
        tuple((one.name, re.sub(r"\d+", "", one.state)) for one in task.endpoints),
    )


@dataclass
class _Told:
    """What the log says about a task.

    Attributes:
        at: When it was written; the past before the first line.
    """

    task: TaskProgress
    at: float = float("-inf")
    gist: tuple[object, ...] = field(default=())

    def due(self, now: float) -> bool:
        """Return whether the task deserves a line now."""
        if self.task.finished or self.task.note:
            started = True
        else:
            started = now - self.task.started >= _FIRST_LINE
        changed = _gist(self.task) != self.gist
        return started and (changed or now - self.at >= SECONDS_BETWEEN_LINES)


class _StepLog:
    """Collects what happens in a step, from any thread, until it is written.

    Args:
        log: The log of the run.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._told: dict[int, _Told] = {}
        self._warnings: deque[logging.LogRecord] = deque()

    def hear(self, task: TaskProgress) -> None:
        """Take the latest state of a task; called at every change, so it only keeps it."""
        with self._lock:
            self._told.setdefault(task.key, _Told(task)).task = task

    def warn(self, record: logging.LogRecord) -> None:
        """Take a warning."""
        self._warnings.append(record)

    def write(self, now: float) -> None:
        """Write all warnings, and a line for each task that deserves one.

        Args:
            now: `time.monotonic()`.
        """
        while self._warnings:
            record = self._warnings.popleft()
            self._log.log(record.levelno, "%s", record.getMessage())
        with self._lock:
            due = [told for told in self._told.values() if told.due(now)]
            tasks = [told.task for told in due]
            for told in due:
                told.at, told.gist = now, _gist(told.task)
            self._told = {key: told for key, told in self._told.items() if not told.task.finished}
        for task in tasks:
            level = logging.WARNING if task.note else logging.INFO
            self._log.log(level, "%s", progress_line(task, now))


class _Warnings(logging.Handler):
    """Passes the warnings of one step on; those of other runs in this process are not its own."""

    def __init__(self, step: _StepLog) -> None:
        super().__init__(logging.WARNING)
        self._step = step

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on a record that was made for the step."""
        if _STEP.get() is self._step:
            self._step.warn(record)
