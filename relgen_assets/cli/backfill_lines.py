"""What `relgen backfill` prints while it watches: a line for each change, and how far it is.

Lines and no bar, so that a log of a night reads well, too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import dagster as dg
from rich.console import Console

from relgen_assets.cli.layout import say
from relgen_assets.orchestration import backfills
from relgen_assets.orchestration.backfills import BatchState, Snapshot

SUMMARY_SECONDS = 30.0
"""How often the whole is summed up while nothing changes."""
_POLL_SECONDS = 1.0
_REST = 4.0
"""Looking takes at most a fifth of the time."""


class BackfillLines:
    """Prints what is new of a back-fill.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, BatchState] = {}
        self._summed_up = time.monotonic()

    def show(self, now: Snapshot) -> None:
        """Print the batches whose state has changed, and now and then how far the whole is."""
        for key, state in now.states.items():
            if state is not self._shown.get(key, BatchState.waiting):
                self._print(f"{key}  {state.value}")
        self._shown = dict(now.states)
        if now.ended or time.monotonic() - self._summed_up >= SUMMARY_SECONDS:
            self._summed_up = time.monotonic()
            counts = Counter(state.value for state in now.states.values())
            listed = ", ".join(
                f"{counts[one.value]} {one.value}" for one in BatchState if counts[one.value]
            )
            self._print(f"of {len(now.states)} batches: {listed}")

    def _print(self, text: str) -> None:
        stamp = datetime.now().astimezone().strftime("%H:%M:%S")
        start = f"{stamp}  "
        say(self._console, text, first=start, indent=" " * len(start))


def follow(
    console: Console,
    instance: dg.DagsterInstance,
    backfill_id: str,
    require_worker: Callable[[Snapshot], None],
    *,
    only_start: bool = False,
) -> Snapshot:
    """Print what changes until the back-fill has ended, or with `only_start` begun.

    Args:
        console: Where to print.
        instance: The instance that holds the back-fill.
        backfill_id: The back-fill.
        require_worker: Raises an error if its worker is gone.
        only_start: Return as soon as a daemon has taken it up.
    """
    lines = BackfillLines(console)
    while True:
        began = time.monotonic()
        now = backfills.look_at(instance, backfill_id)
        took = time.monotonic() - began  # seconds, with thousands of batches
        lines.show(now)
        if now.ended or (only_start and now.taken_up):
            return now
        require_worker(now)
        time.sleep(max(_POLL_SECONDS, took * _REST))
