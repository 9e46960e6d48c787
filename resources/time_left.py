"""When long work will be done, estimated from what it has cost so far. Pure: time is passed in.

A task consists of like units: what remains takes as long as what is done, unit by unit. A run
consists of rounds, each with the same stages. A unit of one stage may cost many times one of
another, and rounds differ in size, so a count of finished rounds says little. Known are the cost of
a unit of each stage, and how many units of each stage came of one size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resources.progress import TaskProgress


def units_done(task: TaskProgress) -> float:
    """Return the units that were worked on, with the share of running ones that is done.

    Units answered from a store cost nothing and do not count.
    """
    fresh = task.done - task.from_ledger
    if fresh <= 0:
        return 0.0
    running = min(sum(one.running for one in task.endpoints), task.total - task.done)
    each = task.tokens / fresh
    return fresh + (min(running, task.running_tokens / each) if each > 0 else 0.0)


def seconds_left(task: TaskProgress, now: float) -> float | None:
    """Return the seconds until a task is done; `None` before its first unit is.

    Args:
        task: The task.
        now: The time on the clock of `task.started`.
    """
    if task.finished or (task.total and task.done >= task.total):
        return 0.0
    done = units_done(task)
    if done <= 0:
        return None
    left = task.total - task.from_ledger - done
    return left * (now - task.started) / done


@dataclass(slots=True)
class _Stage:
    """One stage in one round: its latest snapshot, and when that was taken."""

    task: TaskProgress
    seen: float

    @property
    def fresh(self) -> int:
        """Units of the stage in this round that have to be worked on."""
        return self.task.total - self.task.from_ledger

    def seconds(self, now: float) -> float:
        """Return the seconds it has taken so far."""
        return (self.seen if self.task.finished else now) - self.task.started


@dataclass(slots=True)
class _Round:
    size: float
    began: float
    ended: float | None = None
    stages: dict[str, _Stage] = field(default_factory=dict[str, _Stage])

    def overhead(self, now: float) -> float:
        """Return the seconds so far in which no stage ran."""
        end = now if self.ended is None else self.ended
        return max(0.0, end - self.began - sum(one.seconds(end) for one in self.stages.values()))


class RoundsLeft:
    """Estimates when a run of several rounds will be done.

    Args:
        sizes: Size of each round, e.g. its articles; they are worked on in this order.
        stages: Titles of the tasks that each round consists of.
        now: The time; the first round begins.
    """

    def __init__(self, sizes: Sequence[float], stages: Sequence[str], now: float) -> None:
        self._sizes, self._stages = sizes, stages
        self._rounds: list[_Round] = []
        self._begin(now)

    def round_ended(self, now: float) -> None:
        """Note that the current round is done; the next one begins."""
        self._rounds[-1].ended = now
        self._begin(now)

    def observe(self, task: TaskProgress, now: float) -> None:
        """Learn from a snapshot; tasks that are no stage, or count nothing, are left aside."""
        wanted = task.total and task.title in self._stages
        if wanted and len(self._rounds) <= len(self._sizes):
            self._rounds[-1].stages[task.title] = _Stage(task, now)

    def seconds_left(self, now: float) -> float | None:
        """Return the seconds until all rounds are done.

        `None` until a unit of each stage has been worked on: before that, nothing is known of its
        cost. A stage whose units all came from a store costs nothing.
        """
        if len(self._rounds) > len(self._sizes):
            return 0.0
        costs = {title: self._cost(title, now) for title in self._stages}
        known = {title: cost for title, cost in costs.items() if cost is not None}
        if len(known) < len(costs) or not any(known.values()):
            return None
        overhead, current = self._overhead(now), self._rounds[-1]
        ahead = sum(self._sizes[len(self._rounds) :]) * (sum(known.values()) + overhead)
        rest = max(0.0, current.size * overhead - current.overhead(now))
        return ahead + rest + sum(self._rest(title, cost, now) for title, cost in known.items())

    def _begin(self, now: float) -> None:
        number = len(self._rounds)
        size = self._sizes[number] if number < len(self._sizes) else 0.0
        self._rounds.append(_Round(size, now))

    def _cost(self, title: str, now: float) -> float | None:
        """Return the seconds of a stage for one size; `None` if unknown."""
        met = [(one.size, one.stages[title]) for one in self._rounds if title in one.stages]
        worked = [(size, stage) for size, stage in met if stage.fresh > 0]
        if not worked:
            return 0.0 if met or len(self._rounds) > 1 else None
        done = sum(units_done(stage.task) for _, stage in worked)
        if done <= 0:
            return None
        seconds = sum(stage.seconds(now) for _, stage in worked)
        units = sum(stage.fresh for _, stage in worked)
        return seconds / done * units / sum(size for size, _ in worked)

    def _overhead(self, now: float) -> float:
        """Return the seconds outside all stages for one size."""
        ended = [one for one in self._rounds if one.ended is not None]
        rounds = ended or self._rounds
        return sum(one.overhead(now) for one in rounds) / sum(one.size for one in rounds)

    def _rest(self, title: str, cost: float, now: float) -> float:
        """Return the seconds that the current round still has to spend on a stage."""
        current = self._rounds[-1]
        stage = current.stages.get(title)
        if stage is None:
            return cost * current.size
        left = seconds_left(stage.task, now)
        return cost * current.size if left is None else left
