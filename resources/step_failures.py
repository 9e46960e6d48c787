"""How an error that a person can act on ends a step of Dagster: the remedy first.

Dagster's UI shows the description and the metadata of a `dagster.Failure`. The error itself stays
behind it as its cause, with all stack frames, where callers find it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from resources.errors import ActionableError, LostEndpoint, NoEndpointLeft

_COLUMNS = {
    "endpoint": ("string", "Name of the endpoint."),
    "state": ("string", "Where it stood when the pool gave up."),
    "last_fault": ("string", "What went wrong last."),
    "out_for_seconds": ("float", "How long it had taken no requests."),
}
_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn(name, type=kind, description=description)
        for name, (kind, description) in _COLUMNS.items()
    ]
)


@contextmanager
def remedy_first() -> Iterator[None]:
    """End a step whose block raises an `ActionableError` with its remedy; also a decorator.

    Raises:
        dagster.Failure: The block raised an `ActionableError`, which is its cause.
    """
    try:
        yield
    except ActionableError as error:
        raise as_failure(error) from error


def as_failure(error: ActionableError) -> dg.Failure:
    """Return an error as Dagster shows it: first what to do, then what happened.

    A retry policy may only try again what may pass by itself.
    """
    place = f"{error.where}: " if error.where else ""
    metadata: dict[str, dg.MetadataValue[Any]] = {}
    if error.remedy:
        metadata["remedy"] = dg.MetadataValue.text(error.remedy)
    if isinstance(error, NoEndpointLeft) and error.endpoints:
        metadata["endpoints"] = _table(error.endpoints)
    metadata["what"] = dg.MetadataValue.text(error.what)
    if error.where:
        metadata["where"] = dg.MetadataValue.text(error.where)
    happened = f"{place}{error.what}"
    return dg.Failure(
        description=f"{error.remedy}\nWhat happened: {happened}" if error.remedy else happened,
        metadata=metadata,
        allow_retries=error.may_pass,
    )


def error_of(failure: dg.Failure) -> ActionableError | None:
    """Return the error that `remedy_first` turned into this failure, if it did."""
    return failure.__cause__ if isinstance(failure.__cause__, ActionableError) else None


def _table(endpoints: Sequence[LostEndpoint]) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "endpoint": one.name,
                "state": one.state,
                "last_fault": one.fault,
                "out_for_seconds": round(one.seconds, 1),
            }
        )
        for one in endpoints
    ]
    return dg.MetadataValue.table(records, schema=_SCHEMA)
