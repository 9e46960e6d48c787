"""One run at a time per asset and partition, so that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg

from resources.generation_ledger.ledger import GenerationLedger
from resources.progress import BOARD

WAITING = "another run is working on this partition; waiting until it is done"


def lease_title(asset: str, partition: str) -> str:
    """Return the name of the lease that a run holds while it generates for a batch."""
    return f"{asset}/{partition}"


@contextmanager
def exclusive(ledger: GenerationLedger, context: dg.AssetExecutionContext) -> Iterator[None]:
    """Hold the lease on the asset and partition of a step while the block runs.

    A second run blocks here, then finds the answers of the first in the ledger. The lease of a run
    that died is free at once.

    Args:
        ledger: The ledger that both runs use.
        context: The step.
    """
    title = lease_title(context.asset_key.to_user_string(), context.partition_key)
    with ExitStack() as notice:

        def tell() -> None:
            notice.enter_context(BOARD.begin(title, 0)).note(WAITING)

        with ledger.lease(title, waiting=tell):
            notice.close()
            yield
