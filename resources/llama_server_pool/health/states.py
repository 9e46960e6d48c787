"""The life of an endpoint as a state machine: states, events and the table of transitions. Pure.

A condition has three parts that change independently: whether the server can be contacted, how far
it is trusted with work, and whether this batch uses it at all. Slot limits, pauses and counts are
values, not states; they belong to `capacity`, `breaker` and `throttle`. `endpoint_state` decides
that an event has happened and is the only writer of a condition.

`docs/endpoint-states.md` is generated from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar


class Contact(Enum):
    """Whether the server can be contacted; values say what a state means."""

    unasked = "it has not been contacted yet"
    unreached = "it was contacted and has not said what it serves"
    loading = "it is loading its model"
    reached = "it has said what it serves"
    suspect = "a request failed: its health must be checked"


class Service(Enum):
    """How far the endpoint is trusted with work; values say what a state means."""

    untried = "it must pass a trial; it is not trusted"
    welcomed = "it must pass a trial; it is trusted meanwhile"
    unproven = "it gets all its slots; it is not trusted until it has answered"
    serving = "it gets all its slots and is trusted"
    open = "its circuit breaker is open: it gets no requests"
    half_open_untried = "it was rediscovered after an outage and must pass a trial"
    half_open = "it gets one request, to see whether it works again"


class Admission(Enum):
    """Whether the current batch uses the endpoint; values say what a state means."""

    admitted = "this batch may use it"
    dismissed = "this batch does not use it, whatever else happens"


class Event(Enum):
    """What can happen to an endpoint; values say when."""

    asked = "the first contact ended and it did not say what it serves"
    introduced = "it said what it serves at first contact"
    discovered = "it said what it serves, later"
    healthy = "a health probe found it healthy"
    reported_loading = "it said that it is loading its model"
    trial_passed = "it generated a few tokens on trial"
    answered = "it answered a request"
    faulted = "a request failed because of it"
    opened = "it failed too often, or cannot be reached"
    throttled_again = "it asked for another pause before it had answered"
    dismissed = "its key, its model or its settings are wrong"
    readmitted = "a new batch began"


StateT = TypeVar("StateT", Contact, Service, Admission)
"""A state of one of the three parts."""


class IllegalTransition(Exception):
    """An event arrived in a state in which it cannot happen: a bug in the caller."""


def _stay(*states: StateT) -> dict[StateT, StateT]:
    return {state: state for state in states}


CONTACT: Mapping[Event, Mapping[Contact, Contact]] = {
    Event.asked: {Contact.unasked: Contact.unreached},
    Event.introduced: {Contact.unasked: Contact.reached},
    Event.discovered: {
        Contact.unreached: Contact.reached,
        Contact.loading: Contact.reached,
        Contact.reached: Contact.reached,
        Contact.suspect: Contact.reached,
    },
    Event.healthy: {
        Contact.loading: Contact.loading,
        Contact.reached: Contact.reached,
        Contact.suspect: Contact.reached,
    },
    Event.reported_loading: dict.fromkeys(Contact, Contact.loading),
    Event.trial_passed: _stay(Contact.loading, Contact.reached, Contact.suspect),
    Event.answered: {
        Contact.loading: Contact.loading,
        Contact.reached: Contact.reached,
        Contact.suspect: Contact.reached,
    },
    Event.faulted: _stay(*Contact) | {Contact.reached: Contact.suspect},
}
SERVICE: Mapping[Event, Mapping[Service, Service]] = {
    Event.introduced: {Service.untried: Service.welcomed},
    Event.discovered: _stay(*Service) | {Service.open: Service.half_open_untried},
    Event.reported_loading: _stay(*Service)
    | {Service.welcomed: Service.untried, Service.serving: Service.unproven},
    Event.throttled_again: _stay(*Service)
    | {Service.welcomed: Service.untried, Service.serving: Service.unproven},
    Event.trial_passed: _stay(*Service)
    | {
        Service.untried: Service.unproven,
        Service.welcomed: Service.serving,
        Service.half_open_untried: Service.half_open,
    },
    Event.answered: {
        Service.untried: Service.welcomed,
        Service.welcomed: Service.welcomed,
        Service.unproven: Service.serving,
        Service.serving: Service.serving,
        Service.open: Service.welcomed,
        Service.half_open_untried: Service.welcomed,
        Service.half_open: Service.serving,
    },
    Event.opened: dict.fromkeys(Service, Service.open),
}
ADMISSION: Mapping[Event, Mapping[Admission, Admission]] = {
    Event.dismissed: dict.fromkeys(Admission, Admission.dismissed),
    Event.readmitted: {Admission.dismissed: Admission.admitted},
}
"""For each part, event and state: the state that follows.

An event not listed for a part leaves that part alone. A listed event cannot happen in the states
missing from its entry.
"""

TRUSTED = frozenset({Service.welcomed, Service.serving})
"""The endpoint is believed to work."""
TRIED_OUT = frozenset({Service.unproven, Service.serving, Service.half_open})
"""The endpoint has passed a trial since its last outage."""
HALF_OPEN = frozenset({Service.half_open_untried, Service.half_open})
"""The endpoint is back after an outage and has not answered since."""
IN_TOUCH = frozenset({Contact.reached, Contact.suspect})
"""The endpoint has said what it serves and can take requests."""


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of one endpoint in its three parts."""

    contact: Contact = Contact.unasked
    service: Service = Service.untried
    admission: Admission = Admission.admitted

    def after(self, event: Event) -> Condition:
        """Return the condition that follows an event.

        Raises:
            IllegalTransition: The event cannot happen in this condition.
        """
        return Condition(
            _next(CONTACT, self.contact, event),
            _next(SERVICE, self.service, event),
            _next(ADMISSION, self.admission, event),
        )

    def slots(self, most: int) -> int:
        """Return how many requests may run at once on an endpoint that can run `most`."""
        usable = self.admission is Admission.admitted and self.contact in IN_TOUCH
        if not usable or self.service is Service.open:
            return 0
        return min(1, most) if self.service in HALF_OPEN else most


def _next(table: Mapping[Event, Mapping[StateT, StateT]], state: StateT, event: Event) -> StateT:
    steps = table.get(event)
    if steps is None:
        return state
    if state not in steps:
        raise IllegalTransition(f"{event.name} cannot happen to an endpoint that is {state.name}")
    return steps[state]
