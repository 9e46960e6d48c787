"""Progress without a terminal: a line when something changes, and one every 30 seconds.

What changes: a task begins or ends, its note, an endpoint fails or is back. A line that was printed
in the last 30 seconds is not printed again, so a server that comes and goes fills no log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from rich.console import Console

from relgen_assets.cli.progress_view import plain_line
from relgen_assets.text.visible import visible
from resources.progress import TaskProgress

SECONDS_BETWEEN_LINES = 30.0


_READY = "ready"
_ROUTINE = {_READY, "connecting", "on trial", "used by others"}
"""States that every endpoint goes through in each task, so they are worth no line."""


class PlainLines:
    """Prints the progress of the board as lines; thread-safe.

    Args:
        console: Where to print.

    Attributes:
        printed: When a line was printed last, on the monotonic clock.
    """

    def __init__(self, console: Console) -> None:
        self.printed = time.monotonic()
        self._console = console
        self._lock = threading.Lock()
        self._before: dict[int, TaskProgress] = {}
        self._recent: dict[str, float] = {}
        self._failing: dict[str, str] = {}

    def heard(self, task: TaskProgress) -> None:
        """Print what has changed, if it is worth a line."""
        with self._lock:
            before = self._before.get(task.key)
            self._before[task.key] = task
            if task.finished:
                del self._before[task.key]
                if task.total:
                    self._print(plain_line(task, None, time.monotonic()))
                return
            if before is None and task.total:
                self._print(f"{task.title}: {task.done}/{task.total}")
            if task.note and (before is None or task.note != before.note):
                self._print(f"{task.title}: {task.note}")
            for one in task.endpoints:
                self._tell_endpoint(one.name, one.state)

    def remind(self, tasks: Sequence[tuple[TaskProgress, float | None]]) -> None:
        """Print where all running tasks are."""
        with self._lock:
            for task, left in tasks:
                self._print(plain_line(task, left, time.monotonic()))

    def _tell_endpoint(self, name: str, state: str) -> None:
        """Print that an endpoint fails, why, and that it is back."""
        if state not in _ROUTINE and self._failing.get(name) != state:
            self._failing[name] = state
            self._print(f"{name}: {state}")
        elif state == _READY and self._failing.pop(name, ""):
            self._print(f"{name}: {state}")

    def _print(self, line: str) -> None:
        now = time.monotonic()
        if now - self._recent.get(line, -SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES:
            return
        self._recent = {
            text: when for text, when in self._recent.items() if now - when < SECONDS_BETWEEN_LINES
        }
        self._recent[line] = self.printed = now
        self._console.print(visible(line), markup=False, highlight=False, soft_wrap=True)
