"""The table of an endpoint's states: what can happen, and what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.llama_server_pool.health.states import (
    ADMISSION,
    CONTACT,
    HALF_OPEN,
    SERVICE,
    TRUSTED,
    Admission,
    Condition,
    Contact,
    Event,
    IllegalTransition,
    Service,
)


def after(*events: Event) -> Condition:
    """Return the condition after some events of a new endpoint."""
    condition = Condition()
    for event in events:
        condition = condition.after(event)
    return condition


def walk(events: list[Event]) -> Condition:
    """Return the condition after those of the events that can happen."""
    condition = Condition()
    for event in events:
        try:
            condition = condition.after(event)
        except IllegalTransition:
            continue
    return condition


def reachable() -> set[Condition]:
    """Return every condition that some sequence of events leads to."""
    found, fresh = set[Condition](), {Condition()}
    while fresh:
        found |= fresh
        fresh = {walk_on(one, event) for one in fresh for event in Event} - found
    return found


def walk_on(condition: Condition, event: Event) -> Condition:
    try:
        return condition.after(event)
    except IllegalTransition:
        return condition


def test_every_state_can_be_reached_and_every_event_is_in_the_table() -> None:
    conditions = reachable()
    assert {one.contact for one in conditions} == set(Contact)
    assert {one.service for one in conditions} == set(Service)
    assert {one.admission for one in conditions} == set(Admission)
    assert {*CONTACT, *SERVICE, *ADMISSION} == set(Event)


def test_a_server_discovered_at_first_contact_is_trusted_until_it_fails() -> None:
    condition = after(Event.introduced)
    assert condition.service is Service.welcomed
    assert condition.after(Event.trial_passed).service is Service.serving


def test_after_an_outage_it_gets_one_request_and_all_slots_only_once_that_is_answered() -> None:
    lost = after(Event.introduced, Event.trial_passed, Event.opened)
    assert lost.slots(8) == 0
    back = lost.after(Event.discovered)
    assert (back.service, back.slots(8)) == (Service.half_open_untried, 1)
    tried_out = back.after(Event.trial_passed)
    assert (tried_out.service, tried_out.slots(8)) == (Service.half_open, 1)
    answered = tried_out.after(Event.answered)
    assert (answered.service, answered.slots(8)) == (Service.serving, 8)


def test_a_trial_that_ends_after_the_breaker_opened_does_not_count() -> None:
    lost = after(Event.introduced, Event.opened, Event.trial_passed)
    assert lost.service is Service.open


def test_a_server_that_loads_its_model_again_keeps_its_slots_but_not_its_trust() -> None:
    reloading = after(Event.introduced, Event.trial_passed, Event.reported_loading)
    assert reloading.slots(4) == 0
    ready = reloading.after(Event.discovered)
    assert (ready.service, ready.slots(4)) == (Service.unproven, 4)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        ((), Event.discovered),
        ((), Event.answered),
        ((), Event.trial_passed),
        ((), Event.healthy),
        ((), Event.readmitted),
        ((Event.asked,), Event.introduced),
        ((Event.asked,), Event.answered),
        ((Event.introduced,), Event.introduced),
        ((Event.introduced,), Event.asked),
    ],
)
def test_what_cannot_happen_is_a_bug(before: tuple[Event, ...], event: Event) -> None:
    with pytest.raises(IllegalTransition, match=event.name):
        after(*before).after(event)


@given(st.lists(st.sampled_from(Event), max_size=30), st.integers(1, 8))
def test_slots_follow_from_the_state(events: list[Event], most: int) -> None:
    condition = walk(events)
    admitted = condition.admission is Admission.admitted
    in_touch = condition.contact in (Contact.reached, Contact.suspect)
    usable = admitted and in_touch and condition.service is not Service.open
    expected = 1 if condition.service in HALF_OPEN else most
    assert condition.slots(most) == (expected if usable else 0)


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_after_the_first_contact_only_an_answer_makes_an_endpoint_trusted(
    events: list[Event],
) -> None:
    condition = walk(events)
    for event in set(Event) - {Event.answered, Event.introduced}:
        following = walk_on(condition, event)
        if condition.service not in TRUSTED:
            assert following.service not in TRUSTED
