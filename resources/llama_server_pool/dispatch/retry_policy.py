"""Trying again, pure: with other sampling after a useless answer, elsewhere after a fault.

Content retries ask the same question with another seed. Fault retries ask it of another server,
from a budget, so that a sick fleet is not hammered. When an attempt really runs again is the
scheduler's decision.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from resources.generation import Fault, GenerationRequest
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.scheduling.values import Job

if TYPE_CHECKING:  # it brings the openai client, which those who only count attempts do without
    from resources.llama_server_pool.servers.client import Completion


class Spare(NamedTuple):
    """An answer that is used only if no other attempt of its request does better.

    Attributes:
        completion: The answer.
        account: Where it is booked.
        load: Slots of its endpoint that were busy on average meanwhile.
    """

    completion: Completion
    account: EndpointAccount
    load: float


@dataclass(slots=True)
class Ticket:
    """One request on its way through the pool.

    Attributes:
        job: Its name within the scheduler.
        request: The request, as of the present content attempt.
        prompt_tokens: Its length, corrected when a server counted more than was estimated.
        faults: Every failed try, in order.
        charged: Failed tries that may be the request's own fault.
        failed_on: Endpoints of those tries.
        rejected_by: Endpoints that do not take its schema, or call it malformed.
        avoid: Endpoints on which a try of any kind failed; others are preferred.
        unusable: An answer that was not accepted while another attempt was still running.
    """

    job: str
    request: GenerationRequest
    prompt_tokens: int
    faults: list[Fault] = field(default_factory=list[Fault])
    charged: int = 0
    failed_on: set[str] = field(default_factory=set[str])
    rejected_by: set[str] = field(default_factory=set[str])
    avoid: set[str] = field(default_factory=set[str])
    unusable: Spare | None = None

    @property
    def context_needed(self) -> int:
        """Tokens of context that hold the prompt and the longest answer."""
        return self.prompt_tokens + self.request.sampling.max_tokens

    def as_job(self) -> Job:
        """Return the request as the scheduler sees it."""
        request = self.request
        return Job(
            id=self.job,
            prompt_tokens=self.prompt_tokens,
            max_tokens=request.sampling.max_tokens,
            expected_tokens=request.expected_tokens,
            affinity=request.affinity,
            family=request.task,
            avoid=frozenset(self.avoid),
        )

    def charge(self, endpoint: str) -> None:
        """Count a failed try that may be the request's own fault."""
        self.charged += 1
        self.failed_on.add(endpoint)

    def hopeless(self, policy: DispatchPolicy) -> bool:
        """Whether it has failed on so many endpoints, or so often, that it is set aside."""
        return (
            len(self.failed_on) >= policy.set_aside_endpoints
            or self.charged >= policy.set_aside_tries
        )


class RetryBudget:
    """A token bucket that spaces retries out when many requests fail at once.

    Args:
        policy: Size, refill and pause.
        jitter: Source of randomness for the pauses.
    """

    def __init__(self, policy: DispatchPolicy, jitter: random.Random) -> None:
        self._policy = policy
        self._jitter = jitter
        self._left = policy.retry_budget
        self._debt = 0

    def earn(self) -> None:
        """An answer arrived."""
        self._left = min(self._policy.retry_budget, self._left + self._policy.retry_refill)
        self._debt = 0

    def spend(self) -> float:
        """Take one retry; returns how long it has to wait, in seconds, with jitter."""
        if self._left >= 1:
            self._left -= 1
            return self._policy.retry_jitter * self._jitter.random()
        self._debt += 1
        pause = self._policy.retry_pause * min(self._debt, 30)
        return pause * self._jitter.uniform(0.5, 1.5)
