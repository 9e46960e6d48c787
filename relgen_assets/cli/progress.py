"""The progress of long work: a bar with rate and ETA on a terminal, plain lines elsewhere.

Listens to the process-wide board of `resources.progress`; the work knows nothing about displays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from resources.progress import BOARD, TaskProgress

_SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def shown_progress(console: Console) -> Iterator[Progress | None]:
    """Show the tasks of the board while the block runs.

    Yields:
        The live display on a terminal, which takes further tasks; `None` elsewhere.
    """
    if not console.is_terminal:
        unsubscribe = BOARD.subscribe(_Lines(console))
        try:
            yield None
        finally:
            unsubscribe()
        return
    with Progress(
        TextColumn("{task.description}", justify="left"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("eta"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        unsubscribe = BOARD.subscribe(_Bars(progress))
        try:
            yield progress
        finally:
            unsubscribe()


def rate(task: TaskProgress) -> str:
    """Return the speed of a task: requests and tokens per second since its start."""
    seconds = time.monotonic() - task.started
    fresh = task.done - task.from_ledger
    if seconds <= 0 or not fresh:
        return ""
    return f"{fresh / seconds:.2f}/s {task.tokens / seconds:.0f} tok/s"


class _Bars:
    """One bar for each task of the board; a finished task leaves its bar behind."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[int, TaskID] = {}

    def __call__(self, task: TaskProgress) -> None:
        if task.key not in self._bars:
            self._bars[task.key] = self._progress.add_task(task.title, total=task.total, rate="")
        note = f" [yellow]{task.note}[/]" if task.note else ""
        self._progress.update(
            self._bars[task.key],
            completed=task.done,
            description=f"{task.title}{note}",
            rate=rate(task),
        )


class _Lines:
    """A line at the start and end of each task, at every note, and every 15 seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[int, tuple[float, str]] = {}

    def __call__(self, task: TaskProgress) -> None:
        now = time.monotonic()
        last, note = self._shown.get(task.key, (-_SECONDS_BETWEEN_LINES, ""))
        if task.finished or task.note != note or now - last >= _SECONDS_BETWEEN_LINES:
            self._shown[task.key] = (now, task.note)
            known = f", {task.from_ledger} from the ledger" if task.from_ledger else ""
            failed = f", {task.failed} failed" if task.failed else ""
            details = " ".join(part for part in (rate(task), task.note) if part)
            self._console.print(
                f"{task.title}: {task.done}/{task.total}{known}{failed} {details}".rstrip(),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
