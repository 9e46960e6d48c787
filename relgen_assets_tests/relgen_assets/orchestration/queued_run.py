"""A run in the queue, as a daemon leaves it that has stopped."""

from __future__ import annotations

from uuid import uuid4

import dagster as dg
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)


def add_queued_run(instance: dg.DagsterInstance, **tags: str) -> None:
    """Add a queued run of the job `batches` with these tags."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("relgen"), "__repository__")
    run = dg.DagsterRun(
        job_name="batches",
        run_id=str(uuid4()),
        status=dg.DagsterRunStatus.QUEUED,
        tags=tags,
        remote_job_origin=RemoteJobOrigin(repository, "batches"),
    )
    instance.add_run(run)
