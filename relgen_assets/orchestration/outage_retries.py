"""Retries of a step whose servers were all out of service, in background runs.

The pool has waited for its outage timeout before it gave up. A back-fill at night should still not
lose batch after batch to one long outage, so the step rests and tries again a few times. It keeps
its place in the queue meanwhile: other runs would only meet the same dead servers. Answers are in
the ledger, so the next attempt asks only what is missing.

The rest is part of the step. Between the attempts of a step, Dagster hears no *Terminate* until its
own pause is over.

A run of the command line is not retried: a person waits for the error and can mend the servers.
It says so with Dagster's own tag, which keeps the daemon from retrying the run as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dagster as dg

from resources.errors import ActionableError

NO_RETRIES: Final = {"dagster/max_retries": "0"}
"""Tags of a run that is not retried, neither its steps nor as a whole."""
RETRIES: Final = 3
FIRST_PAUSE_SECONDS: Final = 60.0
"""Rest before the first retry; each further one doubles it."""


@contextmanager
def retried_outages(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Rest and ask Dagster for a retry of the step if the block fails for a reason that may pass.

    Raises:
        dagster.RetryRequested: The step has rested and shall be tried again.
        dagster.DagsterExecutionInterruptedError: The run was cancelled meanwhile.
        ActionableError: The error of the block, where no retry helps, is wanted or is left.
    """
    try:
        yield
    except ActionableError as error:
        retried = not NO_RETRIES.items() <= context.run.tags.items()
        if not error.may_pass or not retried or context.retry_number >= RETRIES:
            raise
        pause = FIRST_PAUSE_SECONDS * 2**context.retry_number
        context.log.error(
            "%s\nThe step is tried again in %.0f s (retry %d of %d). What happened: %s",
            error.remedy,
            pause,
            context.retry_number + 1,
            RETRIES,
            error.what,
        )
        time.sleep(pause)
        raise dg.RetryRequested(max_retries=RETRIES) from error
