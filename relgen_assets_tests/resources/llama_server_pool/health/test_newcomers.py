"""How long others wait for an endpoint that is not in service yet."""

from __future__ import annotations

import random

import pytest

from relgen_assets_tests.resources.llama_server_pool.pools import endpoint_at
from resources.generation import Fault
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.newcomers import Newcomers
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

POLICY = DispatchPolicy(probe_timeout=10.0, trial_timeout=120.0)
CONFIG = endpoint_at("http://127.0.0.1:1", "a")
FACTS = ServerFacts(dialect=Dialect.llama_cpp, slots=2)
BROKEN = EndpointFault("refused", "it is gone", Disposition.server)


@pytest.fixture
def endpoint() -> EndpointState:
    client = EndpointClient(CONFIG, model="m", api_key=None)
    return EndpointState(CONFIG, client, POLICY, random.Random(1))


def test_it_is_expected_from_the_first_contact_to_the_end_of_its_trial(
    endpoint: EndpointState,
) -> None:
    newcomers = Newcomers(POLICY)
    assert newcomers.until(endpoint, 5.0, needs_schema=False) == 135.0
    endpoint.discovered(FACTS, 8.0)
    assert newcomers.until(endpoint, 9.0, needs_schema=False) == 135.0
    endpoint.trial_passed()
    assert newcomers.until(endpoint, 20.0, needs_schema=False) is None


def test_it_is_expected_while_it_shows_whether_it_takes_schemas(endpoint: EndpointState) -> None:
    endpoint.discovered(FACTS, 0.0)
    endpoint.trial_passed()
    newcomers = Newcomers(POLICY)
    assert newcomers.until(endpoint, 1.0, needs_schema=True) == 131.0
    endpoint.schema_tried(enforced=False)
    assert newcomers.until(endpoint, 2.0, needs_schema=True) is None


def test_one_that_cannot_be_reached_is_not_expected(endpoint: EndpointState) -> None:
    endpoint.failed(BROKEN, "", 1.0)
    endpoint.contact_ended()
    assert Newcomers(POLICY).until(endpoint, 1.0, needs_schema=False) is None


def test_one_that_comes_back_after_an_outage_is_not_expected(endpoint: EndpointState) -> None:
    endpoint.discovered(FACTS, 0.0)
    endpoint.failed(BROKEN, "", 1.0)
    endpoint.discovered(FACTS, 2.0)
    assert endpoint.needs_trial(needs_schema=False)
    assert Newcomers(POLICY).until(endpoint, 2.0, needs_schema=False) is None


@pytest.mark.parametrize("reason", ["dismissed", "used by others"])
def test_one_that_gets_no_requests_anyway_is_not_expected(
    endpoint: EndpointState, reason: str
) -> None:
    endpoint.discovered(FACTS, 0.0)
    endpoint.contact_ended()
    if reason == "dismissed":
        endpoint.dismiss(Fault("a", "auth", "wrong key"))
    else:
        endpoint.slots_leased(0)
    assert Newcomers(POLICY).until(endpoint, 1.0, needs_schema=False) is None
