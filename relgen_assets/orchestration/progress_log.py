"""Progress and warnings of a step in the log of its run, where Dagster's UI shows them.

Work on servers takes minutes to hours. Without this, the log of its step is silent from start to
end, even while every server is dead. The work itself knows nothing about logs: it advances tasks of
the progress board and warns through Python's logging.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from resources.progress import EndpointActivity, Outlook, TaskProgress, following
from resources.time_left import seconds_left

SECONDS_BETWEEN_LINES = 30.0
"""A task that goes on as before is reported this often."""
_FIRST_LINE = 1.0
"""A task that ends sooner, e.g. with every answer in the ledger, gets its last line only."""
_TICK = 1.0
"""Seconds between two looks at what has changed."""
_SECONDS_BETWEEN_STATES = 10.0
"""Endpoints that change their state are reported this often at most: some flicker."""
_MOST_WARNINGS = 20
"""Warnings written at once; servers that refuse everything would give one for each request."""
LOGGERS = ("resources", "relgen_assets")
"""Warnings of these loggers belong to the run whose step they are made for."""

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
        for name in LOGGERS:
            logging.getLogger(name).addHandler(warnings)
        writer.start()
        with following(step.hear):
            yield
    finally:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(warnings)
        _STEP.reset(token)
        ended.set()
        writer.join()
        step.write(time.monotonic())


def in_step() -> bool:
    """Return whether this context works for a step, in whose log its warnings stand."""
    return _STEP.get() is not None


def progress_line(task: TaskProgress, now: float) -> str:
    """Return the state of a task as one line.

    Args:
        task: The task.
        now: `time.monotonic()`.
    """
    line = f"{task.title}: {', '.join(_counts(task, now))}"
    if task.note:
        line = f"{line}\n  {task.note}"
    if task.outlook is not None:
        line = f"{line}\n  {_next_steps(task.outlook, now)}"
    shown = () if task.finished or task.outlook is not None else task.endpoints
    return "\n  ".join([line, *map(_activity, shown)])


def _counts(task: TaskProgress, now: float) -> Iterator[str]:
    """Yield how far a task has come."""
    seconds, tokens = now - task.started, task.tokens + task.running_tokens
    if task.total:
        yield f"{task.done} of {task.total} done"
    elif not task.finished:
        yield f"{_duration(seconds)} so far"
    if task.from_ledger:
        yield f"{task.from_ledger} from the ledger"
    if task.failed:
        yield f"{task.failed} failed"
    left = None if task.note else seconds_left(task, now)
    if tokens and seconds > 0:
        yield f"{tokens / seconds:.0f} tokens/s"
    if task.finished:
        yield f"{'stopped' if task.done < task.total else 'ended'} after {_duration(seconds)}"
    elif left is not None:
        yield f"about {_duration(left)} left"


def _next_steps(outlook: Outlook, now: float) -> str:
    """Return what happens next to work that is stuck."""
    tries = [
        f"{name} in {_duration(at - now)}" if at > now else f"{name} now"
        for name, at in outlook.tries
    ]
    step = f"next try: {', '.join(tries)}; " if tries else ""
    return f"{step}giving up in {_duration(max(0.0, outlook.gives_up - now))}"


def _activity(one: EndpointActivity) -> str:
    slots = "" if one.slots is None else f" on {one.slots} slots"
    speed = f", {one.tokens_per_second:.0f} tokens/s" if one.tokens_per_second else ""
    return f"{one.name}: {one.state}, {one.running} requests{slots}{speed}"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


@dataclass
class _Told:
    """What the log says about a task.

    Attributes:
        task: Its latest state.
        written: The state that was written last.
        at: When that was.
    """

    task: TaskProgress
    written: TaskProgress | None = None
    at: float = 0.0

    def due(self, now: float) -> bool:
        """Return whether the task deserves a line now."""
        task, written = self.task, self.written
        if written is None:
            urgent = task.finished or bool(task.note)
            return urgent or now - task.started >= _FIRST_LINE
        if task.finished or task.note != written.note:
            return True
        moved = [one.state for one in task.endpoints] != [one.state for one in written.endpoints]
        return now - self.at >= (_SECONDS_BETWEEN_STATES if moved else SECONDS_BETWEEN_LINES)


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
        warnings = [self._warnings.popleft() for _ in range(len(self._warnings))]
        for record in warnings[:_MOST_WARNINGS]:
            self._log.log(record.levelno, "%s", record.getMessage())
        if len(warnings) > _MOST_WARNINGS:
            self._log.warning("… and %d further warnings", len(warnings) - _MOST_WARNINGS)
        with self._lock:
            due = [told for told in self._told.values() if told.due(now)]
            tasks = [told.task for told in due]
            for told in due:
                told.at, told.written = now, told.task
            self._told = {key: told for key, told in self._told.items() if not told.task.finished}
        for task in tasks:
            level = logging.INFO if task.outlook is None else logging.WARNING
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
