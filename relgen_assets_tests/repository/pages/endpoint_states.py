"""The page `docs/endpoint-states.md`, made from the table of transitions.

What the states and events mean is said in `resources.llama_server_pool.health.states`.
"""

from __future__ import annotations

from collections.abc import Mapping

from resources.llama_server_pool.health.states import (
    ADMISSION,
    CONTACT,
    SERVICE,
    Condition,
    Event,
    StateT,
)

INTRODUCTION = """\
# States of an endpoint

This page is made from the table in `resources/llama_server_pool/health/states.py`. After a change
there, run `python -m relgen_assets_tests.repository.pages`.

The state of an endpoint has three parts that change independently. An event may move several of
them. A part in which an event is not drawn stays as it is; an event that cannot happen in a state
raises `IllegalTransition`.

An endpoint gets requests only while its contact is `reached` or `suspect`, its service is not
`open`, it has passed its trial, and the batch has admitted it. While it is half-open it gets one
request at a time. After an outage only an answer makes it trusted again: a health probe or a trial
does not. Slot limits, leases and pauses are numbers beside these states.
"""


def state_page() -> str:
    """Return the page: what the events mean, and a drawing and a legend of each part."""
    start = Condition()
    events = _table(("event", "when"), [(event.name, event.value) for event in Event])
    return "\n".join(
        (
            INTRODUCTION,
            _section("Contact: can the server be spoken to?", CONTACT, start.contact),
            _section("Service: how far is it trusted?", SERVICE, start.service),
            _section("Admission: does this batch use it?", ADMISSION, start.admission),
            f"## Events\n\n{events}",
        )
    )


def state_diagram(table: Mapping[Event, Mapping[StateT, StateT]], start: StateT) -> str:
    """Return a Mermaid drawing of one part; events that change nothing are left out."""
    labels: dict[tuple[str, str], list[str]] = {}
    for event, steps in table.items():
        for state, following in steps.items():
            if following is not state:
                labels.setdefault((state.name, following.name), []).append(event.name)
    arrows: list[str] = [
        f"    {one} --> {other}: {', '.join(on)}" for (one, other), on in labels.items()
    ]
    return "\n".join(("stateDiagram-v2", f"    [*] --> {start.name}", *arrows))


def _section(title: str, table: Mapping[Event, Mapping[StateT, StateT]], start: StateT) -> str:
    legend = _table(("state", "meaning"), [(state.name, state.value) for state in type(start)])
    return f"## {title}\n\n```mermaid\n{state_diagram(table, start)}\n```\n\n{legend}"


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in rows]
    return "\n".join(lines) + "\n"
