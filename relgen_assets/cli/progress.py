"""The progress of long work: a live display on a terminal, plain lines elsewhere.

Listens to the process-wide board of `resources.progress`; the work knows nothing about displays.
Progress goes to standard error, so that results can be piped while a person watches.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live

from relgen_assets.cli.plain_progress import SECONDS_BETWEEN_LINES, PlainLines
from relgen_assets.cli.progress_view import live_lines, time_left
from relgen_assets.cli.terminal import DisplayConsole, display_console
from relgen_assets.orchestration.progress_log import LOGGERS, in_step
from relgen_assets.text.visible import visible
from resources.progress import BOARD, TaskProgress
from resources.time_left import RoundsLeft

_REFRESHES = 4.0


class RunningTasks:
    """The tasks that a display shows, and when they will be done; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[int, TaskProgress] = {}
        self._rounds: tuple[str, RoundsLeft] | None = None
        self._last: TaskProgress | None = None

    def expect(self, title: str, rounds: RoundsLeft) -> None:
        """Estimate the time left of the task with this title from its rounds."""
        with self._lock:
            self._rounds = title, rounds

    def heard(self, task: TaskProgress) -> None:
        """Note the state of a task; one that has finished is shown no more."""
        now = time.monotonic()
        with self._lock:
            if self._rounds is not None:
                title, rounds = self._rounds
                before = self._tasks.get(task.key)
                if task.title != title:
                    rounds.observe(task, now)
                elif before is not None and before.done < task.done:
                    rounds.round_ended(now)
            self._tasks[task.key] = task
            if task.finished:
                del self._tasks[task.key]
                self._last = task if task.total else self._last

    def shown(self) -> list[tuple[TaskProgress, float | None]]:
        """Return the running tasks, each with its seconds left; at the end, the last one."""
        now = time.monotonic()
        with self._lock:
            tasks = list(self._tasks.values())
            if not tasks and self._last is not None:
                tasks = [self._last]
            stuck = any(task.outlook is not None for task in tasks)
            counted = {task.title for task in tasks if task.total}
            return [
                (task, None if stuck else self._left(task, now))
                for task in tasks
                if task.total or task.title not in counted  # a step, and its requests
            ]

    def _left(self, task: TaskProgress, now: float) -> float | None:
        if self._rounds is not None and task.title == self._rounds[0]:
            return 0.0 if task.done == task.total else self._rounds[1].seconds_left(now)
        return time_left(task, now)


@contextmanager
def shown_progress(*, leave_last: bool = True) -> Iterator[RunningTasks]:
    """Show the tasks of the board while the block runs.

    Args:
        leave_last: Leave the last task that was counted on the terminal.

    Yields:
        The tasks, which can be told what rounds to expect.
    """
    tasks = RunningTasks()
    with display_console() as console, _printed_warnings(console):
        live = console.is_terminal and not console.is_dumb_terminal
        with _live(console, tasks, leave_last) if live else _plain(console, tasks):
            yield tasks


@contextmanager
def _printed_warnings(console: DisplayConsole) -> Iterator[None]:
    """Print warnings with the display instead of into it."""
    warnings = _Warnings(console)
    for name in LOGGERS:
        logging.getLogger(name).addHandler(warnings)
    try:
        yield
    finally:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(warnings)


class _Warnings(logging.Handler):
    """Prints warnings, but not those of steps: they stand in the log of their run."""

    def __init__(self, console: DisplayConsole) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print a warning as a line of its own."""
        if not in_step():
            self._console.print(
                visible(f"Warning: {record.getMessage()}"),
                style="yellow",
                markup=False,
                soft_wrap=not self._console.is_terminal,  # wrapped between words
            )


@contextmanager
def loading() -> Iterator[None]:
    """Show that the command is starting while the block imports what it needs, for seconds."""
    with shown_progress(), BOARD.begin("loading", 0):
        yield


@contextmanager
def _live(console: DisplayConsole, tasks: RunningTasks, leave_last: bool) -> Iterator[None]:
    def frame() -> Group:
        now, width = time.monotonic(), console.width
        return Group(
            *(line for task, left in tasks.shown() for line in live_lines(task, left, now, width))
        )

    display = Live(
        get_renderable=frame,
        console=console,
        refresh_per_second=_REFRESHES,
        redirect_stdout=False,  # steps print into Dagster's files
        redirect_stderr=False,
    )
    leave = BOARD.subscribe(tasks.heard)
    try:
        with display:
            try:
                yield
            finally:
                display.transient = not (leave_last and tasks.shown())
    finally:
        leave()


@contextmanager
def _plain(console: DisplayConsole, tasks: RunningTasks) -> Iterator[None]:
    lines = PlainLines(console)
    over = threading.Event()

    def heard(task: TaskProgress) -> None:
        tasks.heard(task)
        lines.heard(task)

    def remind() -> None:
        while not over.wait(1.0):
            now = time.monotonic()
            if now - lines.printed >= SECONDS_BETWEEN_LINES:
                lines.remind(tasks.shown())

    leave = BOARD.subscribe(heard)
    thread = threading.Thread(target=remind, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        leave()
