"""What `relgen backfill` prints while it watches: a line for each change, and how far it is.

Lines and no bar, so that a log of a night reads well, too.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from rich.console import Console

from relgen_assets.orchestration.backfills import BatchState, Snapshot

SUMMARY_SECONDS = 30.0
"""How often the whole is summed up while nothing changes."""


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
        self._console.print(f"{stamp}  {text}", markup=False, highlight=False, soft_wrap=True)
