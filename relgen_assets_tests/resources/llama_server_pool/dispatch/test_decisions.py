"""What a fault means for the request whose attempt it ended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets_tests.resources.llama_server_pool.pools import question
from resources.generation import FailureReason
from resources.llama_server_pool.dispatch.decisions import (
    Decision,
    Fail,
    FleetView,
    Retry,
    TooLong,
    Wait,
    decide,
)
from resources.llama_server_pool.dispatch.ticket import AttemptFault, Ticket
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

POLICY = DispatchPolicy(set_aside_endpoints=3, set_aside_attempts=4)
PAUSE = 0.5
REFUSED = {
    Disposition.schema: FailureReason.SCHEMA_REJECTED,
    Disposition.request: FailureReason.REQUEST_REJECTED,
}
NAMES = ("a", "b", "c", "d")


def view(**serving: int | None) -> FleetView:
    return FleetView(POLICY, serving, PAUSE)


def fault(
    disposition: Disposition,
    endpoint: str = "a",
    *,
    suspected: bool = False,
    ran_alone: bool = False,
) -> AttemptFault:
    met = EndpointFault("kind", "detail", disposition)
    return AttemptFault(endpoint, met, suspected=suspected, ran_alone=ran_alone)


def ticket(prompt_tokens: int = 12) -> Ticket:
    return Ticket("ticket", question(1), prompt_tokens)


def after(one: Ticket, met: AttemptFault, fleet: FleetView) -> Decision:
    one.note(met)
    return decide(one, met, fleet)


@pytest.mark.parametrize(
    "disposition", [Disposition.loading, Disposition.throttled, Disposition.auth]
)
def test_a_server_that_is_not_ready_costs_the_request_nothing(disposition: Disposition) -> None:
    waiting = ticket()
    for _ in range(20):
        assert after(waiting, fault(disposition), view(b=None)) == Wait()
    assert waiting.charged == 0


def test_a_fault_of_a_server_is_retried_elsewhere_after_the_pause_of_the_budget() -> None:
    decision = after(ticket(), fault(Disposition.server), view(b=None))
    assert decision == Retry(avoid=frozenset("a"), after=PAUSE)


def test_a_request_is_set_aside_after_it_has_failed_on_several_endpoints() -> None:
    one = ticket()
    for name in "ab":
        met = fault(Disposition.server, name, suspected=True)
        assert isinstance(after(one, met, view(c=None)), Retry)
    met = fault(Disposition.server, "c", suspected=True)
    assert after(one, met, view(d=None)) == Fail(FailureReason.ENDPOINTS_EXHAUSTED)


def test_a_request_is_set_aside_after_it_has_failed_often_on_the_same_endpoint() -> None:
    one, met = ticket(), fault(Disposition.server, suspected=True)
    for _ in range(3):
        assert isinstance(after(one, met, view(a=None)), Retry)
    assert after(one, met, view(a=None)) == Fail(FailureReason.ENDPOINTS_EXHAUSTED)


def test_an_overflow_is_charged_only_to_a_request_that_ran_alone() -> None:
    one = ticket()
    for _ in range(10):
        assert after(one, fault(Disposition.overload), view(a=None)) == Wait()
    for _ in range(3):
        assert after(one, fault(Disposition.overload, ran_alone=True), view(a=None)) == Wait()
    last = after(one, fault(Disposition.overload, ran_alone=True), view(a=None))
    assert last == Fail(FailureReason.CONTEXT_EXCEEDED)


@pytest.mark.parametrize(("disposition", "reason"), REFUSED.items())
def test_a_refused_request_goes_to_every_endpoint_that_could_hold_it(
    disposition: Disposition, reason: FailureReason
) -> None:
    one, fleet = ticket(prompt_tokens=400), view(a=None, b=8192, small=128)
    met = fault(disposition, "a")
    assert after(one, met, fleet) == Retry(avoid=frozenset("a"), after=None)
    assert after(one, fault(disposition, "b"), fleet) == Fail(reason)


@pytest.mark.parametrize(("said", "known"), [(256, None), (None, 256), (256, 128)])
def test_a_prompt_that_is_too_long_outgrows_the_context_that_the_server_names_or_has(
    said: int | None, known: int | None
) -> None:
    one = ticket()
    met = AttemptFault(
        "a", EndpointFault("kind", "", Disposition.context, context=said), context=known
    )
    assert after(one, met, view()) == TooLong(256)
    one.outgrow(256)
    assert one.context_needed == 257
    one.outgrow(100)  # a smaller context says nothing new
    assert one.context_needed == 257


def test_a_prompt_too_long_for_contexts_of_unknown_size_fails_when_all_have_refused_it() -> None:
    one, fleet = ticket(), view(a=None, b=None)
    assert isinstance(after(one, fault(Disposition.context, "a"), fleet), Retry)
    assert after(one, fault(Disposition.context, "b"), fleet) == Fail(
        FailureReason.CONTEXT_EXCEEDED
    )


contexts = st.none() | st.integers(1, 4096)
fleets = st.dictionaries(st.sampled_from(NAMES), contexts).map(
    lambda serving: FleetView(POLICY, serving, PAUSE)
)
faults = st.builds(
    AttemptFault,
    st.sampled_from(NAMES),
    st.builds(
        EndpointFault,
        st.just("kind"),
        st.just("detail"),
        st.sampled_from(Disposition),
        context=contexts,
    ),
    suspected=st.booleans(),
    ran_alone=st.booleans(),
    context=contexts,
)


@given(st.lists(st.tuples(faults, fleets), max_size=30), st.integers(1, 4096))
def test_whatever_happens_a_request_is_retried_somewhere_and_comes_to_an_end(
    history: list[tuple[AttemptFault, FleetView]], prompt_tokens: int
) -> None:
    one = ticket(prompt_tokens)
    for met, fleet in history:
        charges, needed = one.charged, one.context_needed
        decision = after(one, met, fleet)
        assert isinstance(decision, Retry | Wait | Fail | TooLong)
        assert one.charged - charges in (0, 1)
        if met.disposition is Disposition.context:
            assert one.charged == charges
        if isinstance(decision, Retry):
            assert met.endpoint in decision.avoid
            able = fleet.able(one.context_needed) - one.rejected_by
            assert decision.after == PAUSE or able, "an immediate retry has nowhere to go"
        if isinstance(decision, TooLong):
            one.outgrow(decision.context)
            assert one.context_needed > decision.context
            assert one.context_needed >= needed
        if isinstance(decision, Fail):
            return
        assert one.charged < POLICY.set_aside_attempts


charged = st.builds(
    lambda endpoint, seen: fault(seen[0], endpoint, suspected=seen[1], ran_alone=seen[2]),
    st.sampled_from(NAMES),
    st.sampled_from([(Disposition.server, True, False), (Disposition.overload, False, True)]),
)


@given(st.lists(charged, min_size=4, max_size=4), fleets)
def test_a_request_ends_with_its_last_charged_fault_at_the_latest(
    history: list[AttemptFault], fleet: FleetView
) -> None:
    one = ticket()
    decisions = [after(one, met, fleet) for met in history]
    assert isinstance(decisions[POLICY.set_aside_attempts - 1], Fail)


@given(st.lists(faults, max_size=10), faults, fleets)
def test_the_decision_is_pure(
    history: list[AttemptFault], met: AttemptFault, fleet: FleetView
) -> None:
    one = ticket()
    for earlier in history:
        one.note(earlier)
    one.note(met)
    before = repr(one)
    assert decide(one, met, fleet) == decide(one, met, fleet)
    assert repr(one) == before
