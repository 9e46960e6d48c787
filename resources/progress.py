"""The process-wide board that shows the progress of long work.

Work opens a task on `BOARD` and advances it. A display (a terminal bar, a plain log) subscribes and
gets a snapshot after every change. Neither knows the other, and nothing is printed here.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class EndpointActivity:
    """What one endpoint of a task is doing now.

    Attributes:
        running: Its running requests.
        slots: Requests it can run at once; `None` while unknown.
        tokens_per_second: Tokens it generated per second of late; 0.0 while unknown.
        state: In a word or two: `ready`, `loading`, or why it takes no requests.
    """

    name: str
    running: int
    slots: int | None
    tokens_per_second: float
    state: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What happens next to work that is stuck; times are of `time.monotonic()`.

    Attributes:
        gives_up: When the work is given up, unless something changes.
        tries: What is tried again when, by name; a past time if that is going on.
    """

    gives_up: float
    tries: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """A snapshot of one task.

    Attributes:
        key: Number of the task, unique in the process.
        done: Finished units, including failed ones and those answered from the ledger.
        from_ledger: Units of `done` that cost nothing, because their answer was stored.
        failed: Units of `done` that were given up.
        tokens: Tokens generated so far, over all finished units.
        running_tokens: Tokens generated so far of units that are not finished.
        note: What users should know now, e.g. why the work is paused; may be empty.
        outlook: What happens next, if the work is stuck.
        endpoints: What each endpoint is doing; empty for work without endpoints.
        started: `time.monotonic()` at the start.
    """

    key: int
    title: str
    total: int
    done: int = 0
    from_ledger: int = 0
    failed: int = 0
    tokens: int = 0
    running_tokens: int = 0
    note: str = ""
    outlook: Outlook | None = None
    endpoints: tuple[EndpointActivity, ...] = ()
    started: float = 0.0
    finished: bool = False


Listener = Callable[[TaskProgress], None]

_FOLLOWERS: ContextVar[tuple[Listener, ...]] = ContextVar("followers", default=())
"""Who follows the tasks that are begun in this context."""


@contextmanager
def following(listener: Listener) -> Iterator[None]:
    """Call `listener` after every change of the tasks that this block begins, and of no others.

    A context, not the whole process, is followed: two runs in one process do not mix. As with
    `subscribe`, the listener is called from the thread that made the change.
    """
    token = _FOLLOWERS.set((*_FOLLOWERS.get(), listener))
    try:
        yield
    finally:
        _FOLLOWERS.reset(token)


class ProgressBoard:
    """Holds the running tasks and notifies listeners of every change; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._tasks: dict[int, TaskProgress] = {}
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after every change, from the thread that made it.

        Returns:
            A function that ends the subscription.
        """
        with self._lock:
            self._listeners.append(listener)
            running = list(self._tasks.values())
        for task in running:
            listener(task)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def running(self) -> list[TaskProgress]:
        """Return the tasks that have not finished, oldest first."""
        with self._lock:
            return list(self._tasks.values())

    def begin(self, title: str, total: int) -> ProgressTask:
        """Open a task of `total` units."""
        with self._lock:
            task = TaskProgress(next(self._numbers), title, total, started=time.monotonic())
        followers = _FOLLOWERS.get()
        self._publish(task, followers)
        return ProgressTask(self, task, followers)

    def _publish(self, task: TaskProgress, followers: tuple[Listener, ...]) -> None:
        with self._lock:
            if task.finished:
                self._tasks.pop(task.key, None)
            else:
                self._tasks[task.key] = task
            listeners = list(self._listeners)
        for listener in (*listeners, *followers):
            listener(task)


class ProgressTask:
    """The handle with which work advances a task; a context manager, so it always finishes."""

    def __init__(
        self, board: ProgressBoard, task: TaskProgress, followers: tuple[Listener, ...]
    ) -> None:
        self._board = board
        self._task = task
        self._followers = followers

    @property
    def snapshot(self) -> TaskProgress:
        """The current state."""
        return self._task

    def advance(
        self, units: int = 1, *, from_ledger: int = 0, failed: int = 0, tokens: int = 0
    ) -> None:
        """Count finished units; `from_ledger` and `failed` are parts of `units`."""
        task = self._task
        self._change(
            replace(
                task,
                done=task.done + units,
                from_ledger=task.from_ledger + from_ledger,
                failed=task.failed + failed,
                tokens=task.tokens + tokens,
                running_tokens=max(0, task.running_tokens - tokens),
            )
        )

    def note(self, text: str, *, outlook: Outlook | None = None) -> None:
        """Show a note, and what happens next if the work is stuck; an empty text clears both."""
        if (text, outlook) != (self._task.note, self._task.outlook):
            self._change(replace(self._task, note=text, outlook=outlook))

    def show_endpoints(
        self, endpoints: tuple[EndpointActivity, ...], running_tokens: int = 0
    ) -> None:
        """Show what each endpoint is doing, and how far the running units have come in tokens."""
        task = replace(self._task, endpoints=endpoints, running_tokens=running_tokens)
        if task != self._task:
            self._change(task)

    def finish(self) -> None:
        """Close the task; further calls do nothing."""
        if not self._task.finished:
            self._change(replace(self._task, note="", outlook=None, finished=True))

    def __enter__(self) -> ProgressTask:
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def _change(self, task: TaskProgress) -> None:
        self._task = task
        self._board._publish(task, self._followers)  # noqa: SLF001 - the two classes belong together


BOARD = ProgressBoard()
"""The board of this process."""
