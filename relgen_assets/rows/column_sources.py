"""Where the columns of each table come from: columns of earlier tables that decide their values.

Dagster's UI shows it with each column. A column that nothing upstream decides, such as the name of
a server, is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Source = tuple[str, str]
"""An asset and one of its columns."""


def _from(asset: str, *columns: str) -> tuple[Source, ...]:
    return tuple((asset, column) for column in columns)


def _same(asset: str, *columns: str) -> dict[str, tuple[Source, ...]]:
    """Return the sources of columns that are copied under their own names."""
    return {column: ((asset, column),) for column in columns}


_ABSTRACT = _from("raw_papers", "title", "abstract", "section_names")
_SHOWN = (*_from("summaries", "text"), *_from("chunks", "text"))
_JUDGED = (*_from("raw_extractions", "text", "finish_reason", "status"), *_from("chunks", "text"))
_VERDICT = _from("validated_extractions", "extraction")
_ANSWERED = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "attempt", "key")

COLUMN_SOURCES: Final[Mapping[str, Mapping[str, tuple[Source, ...]]]] = MappingProxyType(
    {
        "Paper": {},
        "Chunk": {
            **_same("raw_papers", "paper_id"),
            "chunk_id": _from("raw_papers", "paper_id"),
            **dict.fromkeys(
                ("index", "text", "start", "end", "overlap", "tokens"),
                _from("raw_papers", "article"),
            ),
        },
        "Summary": {
            **_same("raw_papers", "paper_id"),
            **dict.fromkeys(("messages", *_ANSWERED), _ABSTRACT),
        },
        "RawExtraction": {
            **_same("chunks", "paper_id", "chunk_id"),
            "candidates": _from("chunks", "text"),
            "earlier_reasons": _SHOWN,
            **dict.fromkeys(("messages", *_ANSWERED), _SHOWN),
        },
        "SecondOpinion": {
            **_same("raw_extractions", "paper_id", "chunk_id"),
            "relation": _from("raw_extractions", "text"),
            "passage": _from("chunks", "text"),
            **dict.fromkeys(
                ("messages", "opinion", "quote", *_ANSWERED),
                (*_from("raw_extractions", "text"), *_from("chunks", "text")),
            ),
        },
        "ValidatedExtraction": {
            **_same("raw_extractions", "paper_id", "chunk_id"),
            **dict.fromkeys(
                ("verdict", "reason", "repairs", "extraction", "grounding", "evidence"), _JUDGED
            ),
        },
        "FullExample": {
            "summary": _from("summaries", "text"),
            "chunk": _from("chunks", "text"),
            **_same("chunks", "paper_id", "chunk_id", "index", "start", "end", "tokens"),
            **dict.fromkeys(
                (
                    "extraction",
                    "section_description",
                    "list_of_entities",
                    "entity_types",
                    "relations",
                ),
                _VERDICT,
            ),
            **_same("raw_papers", "source", "title", "abstract", "section_names"),
            **_same("raw_papers", "licence", "doi", "url", "authors", "year"),
            **dict.fromkeys(
                ("publishable", "publishing_reason"),
                (
                    *_from("raw_papers", "licence"),
                    *_from("raw_extractions", "model"),
                    *_from("summaries", "model"),
                ),
            ),
            **_same("validated_extractions", "verdict", "repairs", "grounding", "evidence"),
            **_same(
                "raw_extractions",
                "mode",
                "model",
                "prompt_version",
                "prompt_tokens",
                "completion_tokens",
                "attempt",
                "earlier_reasons",
            ),
            "sent_messages": _from("raw_extractions", "messages"),
            "summary_model": _from("summaries", "model"),
            "summary_prompt_version": _from("summaries", "prompt_version"),
            **dict.fromkeys(("student_prompt", "student_prompt_version"), ()),
            "student_prompt_tokens": _SHOWN,
            "student_answer_tokens": _VERDICT,
            "parts": (*_SHOWN, *_VERDICT),
            "overlaps": _SHOWN,
            "replaced": _from("raw_papers", "control_tokens"),
        },
    }
)
"""By name of the row class and column. Articles come from outside, so their columns have none."""
