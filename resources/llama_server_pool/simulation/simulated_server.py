"""One server in simulated time: what runs on it, its progress, and what it did.

Knows neither policies nor other servers; the events between them are in `simulator`.
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.llama_server_pool.simulation.workload import SimulatedRequest, SimulatedServer


@dataclass(slots=True)
class ServerAccount:
    """What one server did.

    Attributes:
        answers: Number of requests it answered.
        answer_tokens: Tokens of those answers.
        prompt_tokens: Prompt tokens it read for them, without cached ones.
        wasted_tokens: Tokens decoded for attempts that were cancelled or failed.
        busy_seconds: Time with at least one busy slot.
        slot_seconds: Busy time, summed over its slots.
    """

    answers: int = 0
    answer_tokens: int = 0
    prompt_tokens: int = 0
    wasted_tokens: float = 0.0
    busy_seconds: float = 0.0
    slot_seconds: float = 0.0


@dataclass(slots=True)
class Run:
    """An attempt on a simulated server; `prefill`, `decode` and `report` are the tokens left."""

    attempt: int
    work: SimulatedRequest
    cached: int
    prefill: float
    decode: float
    report: float
    started: float
    decoding_since: float | None = None


class ServerState:
    """The state of one server between two events."""

    def __init__(self, model: SimulatedServer) -> None:
        self.model = model
        self.factor = 1.0
        self.declared_dead = False
        self.runs: dict[int, Run] = {}
        self.account = ServerAccount()
        self.version = 0
        self._now = 0.0
        self._warm: list[str] = []

    def start(self, attempt: int, work: SimulatedRequest, now: float, report: int) -> None:
        """Put an attempt on a slot; a warm prefix cache saves the shared part of its prompt."""
        self.advance(now)
        affinity = work.request.affinity
        cached = 0
        if affinity and affinity in self._warm:
            self._warm.remove(affinity)
            cached = work.shared_prefix
        prefill = float(work.request.prompt_tokens - cached)
        self.runs[attempt] = Run(attempt, work, cached, prefill, work.answer, report, now)

    def end(self, attempt: int) -> Run:
        """Free a slot; its prompt stays in the prefix cache for a while."""
        run = self.runs.pop(attempt)
        affinity = run.work.request.affinity
        if affinity:
            self._warm = [affinity, *(one for one in self._warm if one != affinity)]
            del self._warm[self.model.slots :]
        return run

    def rate(self) -> float:
        """Return the current tokens per second of one slot."""
        rates = self.model.decode_rates
        return self.factor * rates[min(len(self.runs), len(rates)) - 1]

    def advance(self, now: float) -> None:
        """Advance the time; nothing may end in between."""
        seconds = now - self._now
        self._now = now
        if not self.runs or seconds <= 0:
            return
        self.account.busy_seconds += seconds
        self.account.slot_seconds += seconds * len(self.runs)
        decoded = seconds * self.rate()
        read = seconds * self.factor * self.model.prefill_rate
        for run in self.runs.values():
            if run.decoding_since is None:
                run.prefill -= read
            else:
                run.decode -= decoded
                run.report -= decoded

    def next_event(self) -> float | None:
        """Return the next time an attempt ends its prefill, reports or ends."""
        if not self.runs or self.factor <= 0:
            return None
        rate, prefill_rate = self.rate(), self.factor * self.model.prefill_rate
        return self._now + max(
            0.0,
            min(
                run.prefill / prefill_rate
                if run.decoding_since is None
                else min(run.decode, run.report) / rate
                for run in self.runs.values()
            ),
        )
