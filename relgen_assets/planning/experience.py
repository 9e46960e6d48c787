"""What is learned from earlier calls: lengths of answers, attempts per subject, server speeds.

Only numbers of the ledger are used, never its texts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist

from resources.generation_ledger.call_costs import CallCost
from resources.llama_server_pool.scheduling.estimator import (
    DEFAULT_DECODE_RATE,
    DEFAULT_PREFILL_RATE,
)
from resources.llama_server_pool.scheduling.lengths import MEDIAN_SHARE, UNHINTED_SIGMA

FEWEST_CALLS = 10
"""Fewest calls from which anything is concluded."""
MOST_CALLS = 2_000
"""Largest number of calls evaluated per task, newest first."""
PREFILL_PER_DECODE = DEFAULT_PREFILL_RATE / DEFAULT_DECODE_RATE
"""Prompt tokens a server reads in the time of one answer token, by default: between a
single-board computer (about 5) and a graphics card (50 and more)."""
_SEPARABLE = 0.02
"""Smallest squared sine of the angle between prompt and answer lengths that separates speeds."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Speed of one slot of a server under its usual load, in tokens per second.

    Attributes:
        prefill: Prompt tokens read.
        decode: Answer tokens generated.
    """

    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Experience:
    """Statistics of earlier calls.

    Attributes:
        answers: Lengths of answers in tokens, by task.
        attempts: Calls per subject, by task.
        speeds: Speed by endpoint name.
    """

    answers: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    attempts: Mapping[str, float] = field(default_factory=dict[str, float])
    speeds: Mapping[str, Speed] = field(default_factory=dict[str, Speed])

    def knows(self, task: str) -> bool:
        """Whether there are answers of a task to learn from."""
        return task in self.answers

    def draw_answers(self, task: str, max_tokens: int, count: int, random: Random) -> list[int]:
        """Return answer lengths of a task: from known answers, else from a lognormal model.

        The lengths are evenly spread quantiles in random order: even a few have the right mean.

        Args:
            task: The kind of work.
            max_tokens: Upper bound of a length.
            count: Number of lengths.
            random: Random generator for the order.
        """
        places = [(number + 0.5) / count for number in range(count)]
        random.shuffle(places)
        known = sorted(self.answers.get(task, ()))
        if known:
            return [min(max_tokens, known[int(place * len(known))]) for place in places]
        logarithm = NormalDist(math.log(MEDIAN_SHARE * max_tokens), UNHINTED_SIGMA)
        drawn = (round(math.exp(logarithm.inv_cdf(place))) for place in places)
        return [max(1, min(max_tokens, length)) for length in drawn]


def learn(calls: Iterable[CallCost]) -> Experience:
    """Return the statistics of calls; leaves out tasks and endpoints with too few of them."""
    by_task: dict[str, list[CallCost]] = {}
    by_endpoint: dict[str, list[CallCost]] = {}
    for call in calls:
        by_task.setdefault(call.task, []).append(call)
        if call.completion_tokens > 0 and call.seconds > 0:
            by_endpoint.setdefault(call.endpoint, []).append(call)
    known = {task: found for task, found in by_task.items() if len(found) >= FEWEST_CALLS}
    return Experience(
        answers={
            task: tuple(max(1, call.completion_tokens) for call in found)
            for task, found in known.items()
        },
        attempts={task: _attempts(found) for task, found in known.items()},
        speeds={
            name: fit_speed(found)
            for name, found in by_endpoint.items()
            if len(found) >= FEWEST_CALLS
        },
    )


def fit_speed(calls: Sequence[CallCost]) -> Speed:
    """Return the speeds that best explain the wall times of calls.

    Least squares of the relative error of `uncached / prefill + answer / decode`. Where the
    lengths of prompts and answers are collinear, `PREFILL_PER_DECODE` is assumed.
    """
    prompts = [(call.prompt_tokens - call.cached_tokens) / call.seconds for call in calls]
    answers = [call.completion_tokens / call.seconds for call in calls]
    pp = math.fsum(p * p for p in prompts)
    aa = math.fsum(a * a for a in answers)
    pa = math.fsum(p * a for p, a in zip(prompts, answers, strict=True))
    determinant = pp * aa - pa * pa
    if determinant > _SEPARABLE * pp * aa:
        sum_p, sum_a = math.fsum(prompts), math.fsum(answers)
        per_prompt = (sum_p * aa - sum_a * pa) / determinant
        per_answer = (sum_a * pp - sum_p * pa) / determinant
        if per_prompt > 0 and per_answer > 0:
            return Speed(1 / per_prompt, 1 / per_answer)
    together = [a + p / PREFILL_PER_DECODE for p, a in zip(prompts, answers, strict=True)]
    decode = math.fsum(t * t for t in together) / math.fsum(together)
    return Speed(PREFILL_PER_DECODE * decode, decode)


def _attempts(calls: Sequence[CallCost]) -> float:
    first = sum(call.attempt == 1 for call in calls)
    return len(calls) / first if first else 1.0
