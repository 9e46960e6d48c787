"""A step ends with the remedy first; its cause stays behind it."""

from __future__ import annotations

import dagster as dg
import pytest

from resources.errors import ActionableError, ConfigurationError, LostEndpoint, NoEndpointLeft
from resources.step_failures import as_failure, error_of, remedy_first

OUTAGE = NoEndpointLeft(
    "no endpoint is left.",
    where="pool",
    remedy="Start the servers.",
    endpoints=(LostEndpoint("gpu-0", "out of service", "refused, nobody listens", 12.34),),
)


def test_the_description_begins_with_the_remedy() -> None:
    description = as_failure(OUTAGE).description
    assert description is not None
    assert description.startswith("Start the servers.")
    assert "pool: no endpoint is left." in description


def test_without_a_remedy_it_says_what_happened() -> None:
    failure = as_failure(ActionableError("the disk is full.", where="/data"))
    assert failure.description == "/data: the disk is full."
    assert failure.metadata.keys() == {"what", "where"}


def test_the_metadata_show_every_endpoint_with_its_last_fault() -> None:
    metadata = as_failure(OUTAGE).metadata
    assert list(metadata) == ["remedy", "endpoints", "what", "where"]
    table = metadata["endpoints"]
    assert isinstance(table, dg.TableMetadataValue)
    assert [record.data for record in table.records] == [
        {
            "endpoint": "gpu-0",
            "state": "out of service",
            "last_fault": "refused, nobody listens",
            "out_for_seconds": 12.3,
        }
    ]
    assert {column.name for column in table.schema.columns} == table.records[0].data.keys()


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (OUTAGE, True),
        (NoEndpointLeft("every key is wrong.", may_pass=False), False),
        (ConfigurationError("no such setting."), False),
    ],
)
def test_a_retry_is_allowed_where_it_can_help(error: ActionableError, helps: bool) -> None:
    assert as_failure(error).allow_retries is helps


def test_callers_find_the_error_itself_again() -> None:
    @remedy_first()
    def step() -> None:
        raise OUTAGE

    with pytest.raises(dg.Failure) as caught:
        step()
    assert error_of(caught.value) is OUTAGE
    assert error_of(dg.Failure("of another kind")) is None


def test_other_errors_and_retry_requests_pass_unchanged() -> None:
    for error in (ValueError("a bug"), dg.RetryRequested()):
        with pytest.raises(type(error)), remedy_first():
            raise error
