"""The verdict on an answer, as all steps of judging pass it on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.evidence import Finding
from relgen_assets.extraction.naming import GroundedName
from relgen_assets.rows.models import Extraction

Verdict = Literal["valid", "repaired", "rejected"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one answer.

    Attributes:
        verdict: `valid` if the answer is usable as it is, `repaired` if it had to be changed,
            `rejected` if it contains nothing usable.
        reason: Code of the rejection, a `RejectionReason`; `None` unless rejected.
        repairs: Codes of the repairs, each a `Repair`, each once, in the order first needed.
        extraction: The content of the answer; `None` if rejected.
        evidence: What the text says to each relation of the extraction, in their order.
        names: Where each entity of the extraction stands in the text, in their order.
    """

    verdict: Verdict
    reason: str | None
    repairs: tuple[str, ...]
    extraction: Extraction | None
    evidence: tuple[Finding, ...] = ()
    names: tuple[GroundedName, ...] = ()

    @property
    def supported(self) -> int:
        """The number of relations that the text states."""
        return sum(finding.fault is None for finding in self.evidence)

    @property
    def worth(self) -> tuple[int, int, int, int]:
        """How much is kept, for comparison; what the text states comes first."""
        if self.extraction is None:
            return (0, 0, 0, len(self.repairs))
        kept = self.extraction
        return (1, self.supported, len(kept.relations), len(kept.list_of_entities))


def rejected(reason: RejectionReason, repairs: Iterable[Repair] = ()) -> Judgement:
    """Return a rejection for a reason."""
    return Judgement("rejected", reason.value, tuple(repair.value for repair in repairs), None)
