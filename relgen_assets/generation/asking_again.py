"""What is asked after an unusable answer: which reason leads to which change.

Another server is asked first, which the pool sees to. What a model makes up it would make up again,
so it has to choose from the text instead. An answer that was cut off has to
be shorter. The seed is another in every attempt.

The next request is a pure function of the requests and answers before it, all of which are in the
ledger: a run that is repeated, or goes on after it was killed, asks the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from relgen_assets.extraction import Judgement, RejectionReason, SentPrompt, judge
from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.extraction_requests import ExtractionTask, Questions
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.rows.models import Mode, RawExtraction
from relgen_assets.rows.type_scheme import TypeScheme
from resources.generation import (
    Generation,
    GenerationRequest,
    Outcome,
    Sampling,
    Verdict,
    next_attempt,
)


class Warmth(Enum):
    """How the temperature changes."""

    SAME = "same"
    WARMER = "warmer"
    """By `resources.generation.TEMPERATURE_STEP`: another draw has to differ."""
    COOLER = "cooler"
    """To half of it: a model that loses the form keeps it better with fewer surprises."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the next question about a chunk differs from the one before.

    Attributes:
        warmth: How the temperature changes.
        mode: The mode that replaces a looser one, if the chunk has anything to choose from.
        shorter: Whether the answer may hold half as many entities and relations only.
    """

    warmth: Warmth = Warmth.WARMER
    mode: Mode | None = None
    shorter: bool = False


_BROKEN = Change(warmth=Warmth.COOLER)
_CHOOSE_NAMES = Change(warmth=Warmth.SAME, mode="candidates")
_CHOOSE_STATEMENTS = Change(warmth=Warmth.SAME, mode="quote")

CHANGES: Final[Mapping[RejectionReason, Change]] = {
    RejectionReason.EMPTY_ANSWER: Change(),
    RejectionReason.NOT_JSON: _BROKEN,
    RejectionReason.WRONG_SHAPE: _BROKEN,
    RejectionReason.TRUNCATED: Change(warmth=Warmth.SAME, shorter=True),
    RejectionReason.LOOP: Change(shorter=True),
    RejectionReason.REFUSAL: Change(),
    RejectionReason.OTHER_LANGUAGE: _BROKEN,
    RejectionReason.ECHOED_EXAMPLE: _CHOOSE_NAMES,
    RejectionReason.LEAKED_EXAMPLE: _CHOOSE_NAMES,
    RejectionReason.COPIED_INSTRUCTIONS: _CHOOSE_NAMES,
    RejectionReason.SUMMARY_AS_DESCRIPTION: Change(),
    RejectionReason.NO_DESCRIPTION: Change(),
    RejectionReason.NO_ENTITIES: Change(),
    RejectionReason.NO_GROUNDED_ENTITIES: _CHOOSE_NAMES,
    RejectionReason.ABSENT_NAMES: _CHOOSE_NAMES,
    RejectionReason.NO_RELATIONS: _CHOOSE_STATEMENTS,
}
"""What follows from each reason."""

STRICTNESS: Final[tuple[Mode, ...]] = ("schema", "candidates", "quote")
"""The modes of one request, from the loosest to the strictest; two passes are as loose as one."""


def stricter_modes(mode: Mode, scheme: TypeScheme) -> tuple[Mode, ...]:
    """Return the modes in which a chunk may be asked about again, if it was first in this one.

    With types there are none: the stricter modes do not ask for types.
    """
    if scheme:
        return ()
    return STRICTNESS[STRICTNESS.index("schema" if mode == "two_pass" else mode) + 1 :]


class AskingAgain:
    """The questions about the chunks of a batch: those that were asked, and what follows.

    Args:
        tasks: The first question about each chunk.
        questions: Makes further ones.
        policy: What happens to what a chunk does not say.
        judge: What judges the answers.
    """

    def __init__(
        self,
        tasks: Iterable[ExtractionTask],
        questions: Questions,
        policy: JudgingPolicy,
        judge: Judge = judge,
    ) -> None:
        self._judge = judge
        self._questions = questions
        self._policy = policy
        self._asked = {(task.chunk.chunk_id, 1): task for task in tasks}
        self._halvings: dict[tuple[str, int], int] = {}
        self._reasons: dict[tuple[str, int], RejectionReason] = {}
        self._unusable: defaultdict[str, dict[int, Generation]] = defaultdict(dict)

    def verdict(self, answer: Generation) -> Verdict:
        """Return whether the rules accept an answer, and why not."""
        reason = self._reason(answer)
        return Verdict(usable=reason is None, reason="" if reason is None else reason.value)

    def next_request(self, request: GenerationRequest, answer: Generation) -> GenerationRequest:
        """Return what to ask after an unusable answer to a request."""
        at, after = (request.subject, request.attempt), (request.subject, request.attempt + 1)
        # An answer that is cut off is asked for again even if its first half could be used.
        reason = self._reason(answer) or RejectionReason.TRUNCATED
        change = CHANGES[reason]
        halvings = self._halvings.get(at, 0) + change.shorter
        task = self._next_task(self._asked[at], change.mode, halvings)
        asked = task.request or request
        again = replace(
            asked,
            attempt=request.attempt + 1,
            sampling=replace(sampling_after(request, change), max_tokens=asked.sampling.max_tokens),
        )
        self._reasons[at] = reason
        self._unusable[request.subject][request.attempt] = answer
        self._halvings[after] = halvings
        self._asked[after] = replace(task, request=again)
        return again

    def row(self, first: ExtractionTask, outcome: Outcome | None) -> RawExtraction:
        """Return the row of a chunk, of the attempt from which the rules keep most.

        That is the last one, unless an earlier answer, which was cut off, holds more of what the
        text states. If the rules accept none, the row is that of the outcome.

        Args:
            first: The first question about the chunk.
            outcome: The last answer, or the failure; `None` if nothing was sent.
        """
        best = self._best(first.chunk.chunk_id, outcome)
        if not isinstance(best, Generation):
            return extraction_row(first, best)
        chunk_id, attempt = first.chunk.chunk_id, best.attempt
        earlier = [self._reasons[chunk_id, number].value for number in range(1, attempt)]
        return extraction_row(self._asked[chunk_id, attempt], best, earlier)

    def _best(self, chunk_id: str, outcome: Outcome | None) -> Outcome | None:
        """Return the answer from which most is kept, of equal ones the last; else the outcome."""
        answers = [*self._unusable[chunk_id].values()]
        if isinstance(outcome, Generation):
            answers.append(outcome)
        accepted = [one for one in answers if self.verdict(one).usable]
        return max(
            accepted, key=lambda one: (self._judged(one).worth, one.attempt), default=outcome
        )

    def _reason(self, answer: Generation) -> RejectionReason | None:
        reason = self._judged(answer).reason
        return None if reason is None else RejectionReason(reason)

    def _judged(self, answer: Generation) -> Judgement:
        task = self._asked[answer.subject, answer.attempt]
        sent = task.request.messages if task.request else ()
        return self._judge(
            answer.text,
            task.chunk.text,
            finish_reason=answer.finish_reason,
            prompt=SentPrompt(tuple((one["role"], one["content"]) for one in sent)),
            policy=self._policy,
        )

    def _next_task(self, task: ExtractionTask, mode: Mode | None, halvings: int) -> ExtractionTask:
        """Return a question in a stricter mode if there is one, else in the same."""
        if mode in stricter_modes(task.mode, self._questions.settings.scheme):
            stricter = self._questions.task(task.chunk, mode, halvings)
            if stricter.request is not None:
                return stricter
        return self._questions.task(task.chunk, task.mode, halvings)


def sampling_after(request: GenerationRequest, change: Change) -> Sampling:
    """Return the sampling of the attempt after a request: another seed, and perhaps temperature."""
    warmer = next_attempt(request).sampling
    temperature = {
        Warmth.SAME: request.sampling.temperature,
        Warmth.WARMER: warmer.temperature,
        Warmth.COOLER: request.sampling.temperature / 2,
    }[change.warmth]
    return replace(warmer, temperature=temperature)
