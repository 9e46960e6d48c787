"""One endpoint under random events: what must hold whatever happens to it."""

from __future__ import annotations

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from relgen_assets_tests.resources.llama_server_pool.pools import endpoint_at
from resources.generation import Fault
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.states import HALF_OPEN, Contact, Service
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

CONFIG = endpoint_at("http://127.0.0.1:1", "a")
CLIENT = EndpointClient(CONFIG, model="m", api_key=None)
SLOTS = 4
FACTS = ServerFacts(dialect=Dialect.llama_cpp, slots=SLOTS)
KINDS = ("refused", "timeout", "reset", "http_500", "stalled")


class Life(RuleBasedStateMachine):
    """Events in any order that the monitor and the dispatcher can report them in."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.trusted = False
        self.endpoint = EndpointState(CONFIG, CLIENT, DispatchPolicy(), random.Random(1))

    @initialize(reached=st.booleans())
    def first_contact(self, reached: bool) -> None:
        if reached:
            self.endpoint.discovered(FACTS, self.now)
            self.trusted = True
        self.endpoint.contact_ended()

    def known(self) -> bool:
        return self.endpoint.facts is not None

    @rule(seconds=st.floats(0.0, 100.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def says_who_it_is(self) -> None:
        self.endpoint.discovered(FACTS, self.now)

    @precondition(known)
    @rule()
    def answers_a_health_probe(self) -> None:
        self.endpoint.healthy(self.now)

    @precondition(known)
    @rule()
    def passes_its_trial(self) -> None:
        self.endpoint.trial_began(self.now)
        self.endpoint.trial_passed()

    @precondition(known)
    @rule()
    def answers_a_request(self) -> None:
        self.endpoint.answered()
        self.trusted = True

    @rule(
        disposition=st.sampled_from(Disposition),
        kind=st.sampled_from(KINDS),
        request_id=st.sampled_from(("", "request-1", "request-2")),
    )
    def fails(self, disposition: Disposition, kind: str, request_id: str) -> None:
        fault = EndpointFault(kind, "it failed", disposition)
        blamed = self.endpoint.failed(fault, request_id, self.now)
        assert not (blamed and not request_id), "a probe was blamed"
        assert self.endpoint.last_fault == Fault("a", kind, "it failed")
        if self.endpoint.condition.service in (Service.open, Service.untried, Service.unproven):
            self.trusted = False

    @rule(slots=st.integers(0, SLOTS))
    def shares_with_another_run(self, slots: int) -> None:
        self.endpoint.slots_leased(slots)

    @rule()
    def meets_a_new_batch(self) -> None:
        self.endpoint.batch_began()
        assert self.endpoint.dismissed is None

    @invariant()
    def grants_no_slots_that_it_must_not_grant(self) -> None:
        endpoint, granted = self.endpoint, self.endpoint.slots_granted(self.now)
        assert 0 <= granted <= min(SLOTS, endpoint.capacity)
        if endpoint.leased is not None:
            assert granted <= endpoint.leased
        if endpoint.dismissed or endpoint.needs_discovery:
            assert granted == 0
        if endpoint.condition.service in HALF_OPEN:
            assert granted <= 1

    @invariant()
    def is_trusted_only_by_its_first_contact_or_an_answer(self) -> None:
        if self.endpoint.serving(self.now):
            assert self.trusted

    @invariant()
    def is_out_of_contact_exactly_before_it_has_said_who_it_is(self) -> None:
        contact = self.endpoint.condition.contact
        if contact in (Contact.unasked, Contact.unreached):
            assert self.endpoint.facts is None
        elif contact is not Contact.loading:
            assert self.endpoint.facts is not None

    @invariant()
    def rests_only_while_there_is_an_end_to_it(self) -> None:
        assert self.endpoint.rests_until < self.now + 61.0


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_probe_alone_does_not_make_an_endpoint_trusted_again() -> None:
    endpoint = EndpointState(CONFIG, CLIENT, DispatchPolicy(), random.Random(1))
    endpoint.discovered(FACTS, 0.0)
    endpoint.trial_passed()
    assert endpoint.serving(0.0)
    endpoint.failed(
        EndpointFault("refused", "connection refused", Disposition.server), "request", 1.0
    )
    later = endpoint.rests_until + 1.0
    endpoint.discovered(FACTS, later)
    endpoint.healthy(later)
    endpoint.trial_passed()
    assert not endpoint.serving(later)
    assert endpoint.slots_granted(later) == 1
    endpoint.answered()
    assert endpoint.serving(later)
    assert endpoint.slots_granted(later) == SLOTS


def test_an_overloaded_endpoint_gets_fewer_requests_until_enough_were_answered() -> None:
    policy = DispatchPolicy(recovery_successes=2)
    endpoint = EndpointState(CONFIG, CLIENT, policy, random.Random(1))
    endpoint.discovered(FACTS, 0.0)
    for _ in range(SLOTS + 1):
        endpoint.failed(EndpointFault("overload", "no room", Disposition.overload), "request", 0.0)
    assert endpoint.capacity == 1
    for _ in range(2 * (SLOTS - 1)):
        endpoint.answered()
    assert endpoint.capacity == SLOTS


def test_pauses_grow_if_a_server_keeps_asking_for_them() -> None:
    endpoint = EndpointState(CONFIG, CLIENT, DispatchPolicy(), random.Random(1))
    endpoint.discovered(FACTS, 0.0)
    fault = EndpointFault("throttled", "slow down", Disposition.throttled, retry_after=0.0)
    endpoint.failed(fault, "request", 0.0)
    assert endpoint.serving(0.0), "it may come back at once"
    endpoint.failed(fault, "request", 0.0)
    first = endpoint.rests_until
    endpoint.failed(fault, "request", 0.0)
    assert 0.0 < first < endpoint.rests_until
    assert not endpoint.serving(endpoint.rests_until), "it has not answered since"
