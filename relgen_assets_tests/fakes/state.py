"""The state of a fake server: its settings, its slots, its faults to commit, and what it saw.

Nothing here knows about sockets: connections and exchanges read and change this state, and tests
inspect it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from relgen_assets_tests.fakes import answers
from relgen_assets_tests.fakes.fake_type import FakeType, Serving
from relgen_assets_tests.fakes.faults import ServerFault
from relgen_assets_tests.fakes.registry import FAKE_TYPES
from resources.llama_server_pool.endpoint import Dialect

Condition = Callable[[dict[str, Any]], bool]
"""Whether something applies to a request, given its body."""
RawAnswer = Callable[[str, dict[str, Any] | None], bytes | None]
"""What a hostile server writes on the wire, for a path and a body; `None` to answer honestly."""


@dataclass
class Recorded:
    """One completion request as the server saw it.

    Attributes:
        body: The JSON that was sent.
        headers: Its headers, names in lower case.
        arrived: `time.monotonic()` when it was read.
        outcome: `waiting`, `answered`, `refused`, `cancelled` (the client went away), or
            `fault:<kind>`.
        sent_tokens: Number of tokens sent.
        ended: `time.monotonic()` when the outcome was known.
    """

    body: dict[str, Any]
    headers: dict[str, str]
    arrived: float
    outcome: str = "waiting"
    sent_tokens: int = 0
    ended: float = math.nan


@dataclass
class _Script:
    """Faults to commit: those for the next requests, and standing ones with a condition."""

    queued: deque[ServerFault] = field(default_factory=deque[ServerFault])
    standing: list[tuple[Condition, ServerFault]] = field(
        default_factory=list[tuple[Condition, ServerFault]]
    )

    def draw(self, body: dict[str, Any]) -> ServerFault | None:
        if self.queued:
            return self.queued.popleft()
        return next((fault for applies, fault in self.standing if applies(body)), None)


@dataclass(kw_only=True, eq=False, repr=False)
class ServerState:
    """What a fake server is and what happens to it.

    Args:
        dialect: Server software to imitate.
        slots: Requests served at once; further ones wait.
        context: Context of one slot in tokens; a token is four characters of prompt.
        model: Name of the model.
        prefill: Prompt tokens per second of one slot.
        decode: Answer tokens per second of one slot.
        crowding: Each further busy slot slows every slot by this share; 0 for none.
        answer_tokens: Length of free text; a number, or a function of the request.
        answer: Full control over the text of an answer, instead of the built-in one.
        enforce_schema: Whether schemas are followed.
        api_key: Key that clients have to send.
        prefix_cache: Whether prompts that share a prefix with an earlier one are prefilled faster.

    Attributes:
        raw: Returns the bytes to answer with instead, for a path and the JSON that was sent.
        keep_records: Whether requests and visited paths are kept; benchmarks keep none.
        health_status: HTTP status of `/health`.
        broken_paths: Paths that answer with an internal error.
        requests: Every completion request, in order of arrival.
        visited: Every path that was asked for.
        completions_started: How many completions were asked for.
        connections_made: How many connections were opened.
        busy: Slots in use.
        peak_busy: Most slots in use at once.
        in_flight: Completions that wait or run.
        peak: Most completions in flight at once.
    """

    dialect: Dialect = Dialect.llama_cpp
    slots: int = 2
    context: int = 8192
    model: str = "fake-model"
    prefill: float = math.inf
    decode: float = math.inf
    crowding: float = 0.0
    answer_tokens: int | Callable[[dict[str, Any]], int] = 20
    answer: Callable[[dict[str, Any]], str] | None = None
    enforce_schema: bool = True
    api_key: str | None = None
    prefix_cache: bool = True

    raw: RawAnswer | None = field(default=None, init=False)
    keep_records: bool = field(default=True, init=False)
    health_status: int = field(default=200, init=False)
    broken_paths: set[str] = field(default_factory=set[str], init=False)
    requests: list[Recorded] = field(default_factory=list[Recorded], init=False)
    visited: list[str] = field(default_factory=list[str], init=False)
    completions_started: int = field(default=0, init=False)
    connections_made: int = field(default=0, init=False)
    busy: int = field(default=0, init=False)
    peak_busy: int = field(default=0, init=False)
    in_flight: int = field(default=0, init=False)
    peak: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._script = _Script()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._prompts: deque[str] = deque(maxlen=max(self.slots, 1))

    @property
    def type(self) -> FakeType:
        """How the imitated software answers."""
        return FAKE_TYPES[self.dialect]

    def serving(self) -> Serving:
        """Return what the server serves."""
        return Serving(self.model, self.slots, self.context, self.busy)

    def fail_next(self, *faults: ServerFault) -> None:
        """Commit one fault on each of the next completions, before any standing fault."""
        self._script.queued.extend(faults)

    def fail_always(self, fault: ServerFault, when: Condition | None = None) -> None:
        """Commit a fault on every completion for which `when` holds, until `heal`."""
        self._script.standing.append((when or (lambda _: True), fault))

    def heal(self) -> None:
        """Drop all faults that were not committed yet."""
        self._script.queued.clear()
        self._script.standing.clear()

    def draw_fault(self, body: dict[str, Any]) -> ServerFault | None:
        """Return the fault to commit on this request, if any."""
        return self._script.draw(body)

    def outcomes(self) -> list[str]:
        """Return the outcome of every request, in order of arrival."""
        return [request.outcome for request in self.requests]

    def wait_idle(self, seconds: float = 5.0) -> bool:
        """Return whether no request is waiting or running within `seconds`."""
        return self.wait_until(lambda: self.in_flight == 0, seconds)

    def wait_until(self, condition: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Return whether a condition holds within `seconds`."""
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            time.sleep(0.005)
        return condition()

    async def take_slot(self) -> None:
        """Wait for a free slot and take it."""
        if self.busy >= self.slots:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.free_slot()
                raise
        else:
            self.busy += 1
        self.peak_busy = max(self.peak_busy, self.busy)

    def free_slot(self) -> None:
        """Give the slot to the next waiting request, or free it."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy -= 1

    def cached_tokens(self, prompt: str) -> int:
        """Return how many tokens of the prompt were seen before, and remember it."""
        if not self.prefix_cache:
            return 0
        shared = max((answers.shared_length(prompt, old) for old in self._prompts), default=0)
        self._prompts.append(prompt)
        return min(shared, max(len(prompt) - 1, 0)) // 4
