"""Extractions: the schema that answers have to follow, and the verdict on each answer.

Pure functions: parse, repair, ground, judge. Asking a model again after a rejection belongs to
`generation`, storing verdicts to the ledger.

May touch `rows` and `resources.control_tokens`.
"""

from relgen_assets.extraction.answer_schema import (
    entities_schema,
    extraction_schema,
    quote_schema,
    relations_schema,
)
from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.entity_list import grounded_names
from relgen_assets.extraction.grounding import absent, occurs
from relgen_assets.extraction.judge import Judgement, Verdict, judge
from relgen_assets.extraction.quotes import Quote, quotes
from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.worked_examples import example_descriptions

__all__ = [
    "Judgement",
    "Quote",
    "RejectionReason",
    "Repair",
    "SentPrompt",
    "Verdict",
    "absent",
    "entities_schema",
    "example_descriptions",
    "extraction_schema",
    "grounded_names",
    "judge",
    "occurs",
    "quote_schema",
    "quotes",
    "relations_schema",
]
