"""Extractions: the schema that answers have to follow, and the verdict on each answer.

Pure functions: parse, repair, ground, judge. Asking a model again after a rejection belongs to
`generation`, storing verdicts to the ledger.

May touch `rows`, and `prompts` because an answer must not repeat their worked examples.
"""

from relgen_assets.extraction.answer_schema import extraction_schema
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.grounding import absent, occurs
from relgen_assets.extraction.judge import Judgement, Verdict, judge

__all__ = [
    "Judgement",
    "RejectionReason",
    "Repair",
    "Verdict",
    "absent",
    "extraction_schema",
    "judge",
    "occurs",
]
