"""What is asked after an answer that is no summary, and which answer stands in the row.

The seed is another in every attempt, and another server is asked first, which the pool sees to. The
next request is a pure function of the request and its answer, so that a rerun finds all of them in
the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from relgen_assets.extraction.summary_rules import SummaryFault
from relgen_assets.generation.acceptance import fault_of_summary
from relgen_assets.generation.asking_again import Change, Warmth, sampling_after
from relgen_assets.generation.summary_requests import summary_row
from relgen_assets.rows.models import Summary
from resources.generation import Generation, GenerationRequest, Outcome, Verdict

_COOLER = Change(warmth=Warmth.COOLER)
_SAME = Change(warmth=Warmth.SAME)
_WARMER = Change()

SUMMARY_CHANGES: Final[Mapping[SummaryFault, Change]] = {
    SummaryFault.EMPTY: _WARMER,
    SummaryFault.GARBAGE: _COOLER,
    SummaryFault.ROLE_MARKERS: _COOLER,
    SummaryFault.REFUSAL: _WARMER,
    SummaryFault.LOOP: _WARMER,
    SummaryFault.COPIED_INSTRUCTIONS: _WARMER,
    SummaryFault.COPIED_PROMPT: _WARMER,
    SummaryFault.OTHER_LANGUAGE: _COOLER,
    SummaryFault.TRUNCATED: _SAME,
}
"""What follows from each fault: a model that loses itself is cooled, one that repeats is warmed."""


class SummaryAsking:
    """The questions for the summaries of a batch: those that were asked, and what follows.

    Args:
        requests: The first request for each summary.
    """

    def __init__(self, requests: Iterable[GenerationRequest]) -> None:
        self._asked = {(request.subject, request.attempt): request for request in requests}
        self._unusable: defaultdict[str, list[Generation]] = defaultdict(list)

    def verdict(self, answer: Generation) -> Verdict:
        """Return whether an answer is a summary, and if not, why not."""
        fault = self._fault(answer)
        return Verdict(usable=fault is None, reason=fault.value if fault else "")

    def next_request(self, request: GenerationRequest, answer: Generation) -> GenerationRequest:
        """Return what to ask after an answer that is no summary, or was cut off."""
        change = SUMMARY_CHANGES[self._fault(answer) or SummaryFault.TRUNCATED]
        attempt = request.attempt + 1
        again = replace(request, attempt=attempt, sampling=sampling_after(request, change))
        self._asked[request.subject, attempt] = again
        self._unusable[request.subject].append(answer)
        return again

    def row(self, subject: str, outcome: Outcome) -> Summary:
        """Return the row of an article.

        It is that of the last answer. If that is no summary, an earlier one that was cut off stands
        in, as far as its sentences are whole.
        """
        best = outcome
        if not isinstance(outcome, Generation) or self._fault(outcome) is not None:
            whole = [one for one in self._unusable[subject] if self._fault(one) is None]
            best = whole[-1] if whole else outcome
        attempt = best.attempt if isinstance(best, Generation) else 1
        return summary_row(self._asked[subject, attempt], best)

    def _fault(self, answer: Generation) -> SummaryFault | None:
        sent = self._asked[answer.subject, answer.attempt].messages
        return fault_of_summary(answer.text, sent, answer.finish_reason)
