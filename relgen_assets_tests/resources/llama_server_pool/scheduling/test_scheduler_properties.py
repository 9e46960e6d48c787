"""Whatever happens to the servers: nothing lost or duplicated, no slot or context overrun."""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from resources.llama_server_pool.scheduling.scheduler import (
    EndpointProfile,
    QueuedRequest,
    Scheduler,
    Usage,
)

_CONTEXTS = st.sampled_from([None, 512, 1024, 4096])
_RATES = st.sampled_from([None, 1.0, 2.34, 20.0, 200.0])


@dataclass
class _Running:
    request_id: str
    endpoint: str
    cancelled: bool = False


class SchedulerMachine(RuleBasedStateMachine):
    """Drives a scheduler with arbitrary events and checks it against its own records."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.numbers = 0
        self.requests: dict[str, QueuedRequest] = {}
        self.open: set[str] = set()
        self.running: dict[int, _Running] = {}
        self.seen_attempts: set[int] = set()

    @initialize(
        fleet=st.lists(
            st.tuples(st.integers(1, 3), _CONTEXTS, _RATES, _RATES), min_size=1, max_size=4
        )
    )
    def build(self, fleet: list[tuple[int, int | None, float | None, float | None]]) -> None:
        self.slots = {f"e{i}": slots for i, (slots, _, _, _) in enumerate(fleet)}
        self.contexts = {f"e{i}": context for i, (_, context, _, _) in enumerate(fleet)}
        self.scheduler = Scheduler(
            EndpointProfile(f"e{i}", slots, context, prefill, decode)
            for i, (slots, context, prefill, decode) in enumerate(fleet)
        )

    def fits(self, request_id: str, endpoint: str) -> bool:
        context = self.contexts[endpoint]
        needed = self.requests[request_id].prompt_tokens + self.requests[request_id].max_tokens
        return context is None or needed <= context

    def fits_nowhere(self, request_id: str) -> bool:
        return not any(self.fits(request_id, endpoint) for endpoint in self.slots)

    @rule(
        sizes=st.lists(
            st.tuples(
                st.integers(0, 4500),
                st.integers(1, 600),
                st.none() | st.floats(1, 600),
                st.sampled_from(["", "a", "b", "c"]),
            ),
            max_size=12,
        )
    )
    def submit(self, sizes: list[tuple[int, int, float | None, str]]) -> None:
        new: list[QueuedRequest] = []
        for prompt, answer, expected, affinity in sizes:
            self.numbers += 1
            new.append(QueuedRequest(f"j{self.numbers}", prompt, answer, expected, affinity))
        self.requests.update({request.id: request for request in new})
        rejected = self.scheduler.submit(new, self.now)
        assert rejected == [request.id for request in new if self.fits_nowhere(request.id)]
        self.open |= {request.id for request in new} - set(rejected)

    @rule()
    def assign(self) -> None:
        for order in self.scheduler.assign(self.now):
            assert order.attempt not in self.seen_attempts
            assert order.request_id in self.open
            assert self.fits(order.request_id, order.endpoint)
            attempts = self.live_attempts(order.request_id)
            assert order.hedge == bool(attempts)
            assert order.endpoint not in {self.running[attempt].endpoint for attempt in attempts}
            self.seen_attempts.add(order.attempt)
            self.running[order.attempt] = _Running(order.request_id, order.endpoint)
            assert self.busy(order.endpoint) <= self.slots[order.endpoint]

    def busy(self, endpoint: str) -> int:
        return sum(one.endpoint == endpoint for one in self.running.values())

    def live_attempts(self, request_id: str) -> list[int]:
        return [
            n
            for n, one in self.running.items()
            if one.request_id == request_id and not one.cancelled
        ]

    @rule(seconds=st.floats(0, 300))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.running)
    @rule(data=st.data(), tokens=st.integers(0, 600))
    def progress(self, data: st.DataObject, tokens: int) -> None:
        self.scheduler.progress(self.draw_attempt(data), tokens, self.now)

    def draw_attempt(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.running)))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), tokens=st.integers(0, 600), seconds=st.floats(0, 100))
    def complete(self, data: st.DataObject, tokens: int, seconds: float) -> None:
        self.finish(self.draw_attempt(data), tokens, seconds)

    def finish(self, attempt: int, tokens: int, seconds: float) -> None:
        one = self.running.pop(attempt)
        losers = self.scheduler.complete(attempt, Usage(100, 0, tokens, 1.0, seconds), self.now)
        if one.cancelled:
            assert losers == []
            return
        assert one.request_id in self.open
        self.open.discard(one.request_id)
        self.cancel(one.request_id, losers)

    def cancel(self, request_id: str, attempts: list[int]) -> None:
        assert sorted(attempts) == self.live_attempts(request_id)
        for attempt in attempts:
            self.running[attempt].cancelled = True

    @precondition(lambda self: self.running)
    @rule(data=st.data(), requeue=st.booleans(), avoid=st.booleans())
    def fail(self, data: st.DataObject, requeue: bool, avoid: bool) -> None:
        attempt = self.draw_attempt(data)
        one = self.running.pop(attempt)
        self.scheduler.fail(attempt, self.now, requeue=requeue, avoid=avoid)
        if one.cancelled or self.live_attempts(one.request_id):
            return
        if not requeue:
            self.open.discard(one.request_id)
        stranded = self.scheduler.take_stranded()
        assert stranded == (
            [one.request_id] if requeue and self.fits_nowhere(one.request_id) else []
        )
        self.open -= set(stranded)

    @precondition(lambda self: any(one.cancelled for one in self.running.values()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        cancelled = sorted(attempt for attempt, one in self.running.items() if one.cancelled)
        attempt = data.draw(st.sampled_from(cancelled))
        del self.running[attempt]
        self.scheduler.release(attempt, self.now)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.open)))
        self.open.discard(request_id)
        self.cancel(request_id, self.scheduler.withdraw(request_id, self.now))

    @rule(data=st.data(), slots=st.integers(0, 3))
    def set_slots(self, data: st.DataObject, slots: int) -> None:
        endpoint = data.draw(st.sampled_from(sorted(self.slots)))
        self.slots[endpoint] = slots
        self.scheduler.set_slots(endpoint, slots, self.now)

    @rule(data=st.data(), context=st.sampled_from([400, 700, 4096, 8192]))
    def set_context(self, data: st.DataObject, context: int) -> None:
        endpoint = data.draw(st.sampled_from(sorted(self.slots)))
        self.contexts[endpoint] = context
        lost = self.scheduler.set_context(endpoint, context, self.now)
        waiting = {request_id for request_id in self.open if not self.live_attempts(request_id)}
        assert set(lost) == {request_id for request_id in waiting if self.fits_nowhere(request_id)}
        self.open -= set(lost)

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        assert self.scheduler.outstanding == len(self.open)
        assert all(len(self.live_attempts(request_id)) <= 2 for request_id in self.open)
        live = {one.request_id for one in self.running.values() if not one.cancelled}
        assert self.scheduler.waiting == len(self.open - live)

    def teardown(self) -> None:
        """With every server back, each open request is answered once."""
        if not hasattr(self, "scheduler"):
            return
        for endpoint in self.slots:
            self.slots[endpoint] = 2
            self.scheduler.set_slots(endpoint, 2, self.now)
        for _ in range(3 * len(self.requests) + len(self.running) + 1):
            self.assign()
            if not self.running:
                break
            self.now += 1.0
            self.finish(min(self.running), 50, 5.0)
        assert not self.open
        assert self.scheduler.outstanding == 0


SchedulerMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
TestScheduler = SchedulerMachine.TestCase
