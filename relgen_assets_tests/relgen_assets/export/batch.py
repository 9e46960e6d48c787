"""A small batch as the upstream assets would have written it; the articles are about salt lakes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from relgen_assets.export.examples import FullExample
from relgen_assets.export.joining import build_examples
from relgen_assets.export.shaping import Shaping
from relgen_assets.prompts import PromptSet, bundled_prompts
from relgen_assets.rows.models import (
    ChatMessage,
    Chunk,
    EntityGrounding,
    Extraction,
    Paper,
    RawExtraction,
    Relation,
    RelationEvidence,
    Span,
    Summary,
    ValidatedExtraction,
)
from relgen_assets.settings import DatasetSettings
from relgen_assets.text.tokenizer import default_model

WINDOW = 40


def shaping(prompts: PromptSet | None = None, **settings: Any) -> Shaping:
    """Return how rows are written under settings of the section `dataset`; 30 % test, 30 % tune."""
    shares = {"validation_percent": 30, "test_percent": 30}
    section = DatasetSettings.model_validate({**shares, **settings})
    return Shaping(section, prompts or bundled_prompts(), default_model)


EXTRACTION = Extraction(
    section_description="Brine shrimp feed flamingos.",
    list_of_entities=["brine shrimp", "flamingos"],
    relations=[
        Relation(
            description="Shrimp are the food of the birds.",
            source_entities=["brine shrimp"],
            target_entities=["flamingos"],
            strength="strong",
        ),
        Relation(
            description="The colour of the birds comes from the shrimp — “carotenoids”.",
            source_entities=["flamingos"],
            target_entities=["brine shrimp"],
            strength=None,
        ),
    ],
)


@dataclass(frozen=True)
class Batch:
    """The five tables an export needs."""

    papers: list[Paper]
    chunks: list[Chunk]
    summaries: list[Summary]
    raw: list[RawExtraction]
    validated: list[ValidatedExtraction]

    def examples(self) -> list[FullExample]:
        """Return the examples of the batch."""
        return self.examples_under(shaping())

    def examples_under(self, rules: Shaping) -> list[FullExample]:
        """Return the examples of the batch as other settings write them."""
        return build_examples(
            self.papers, self.chunks, self.summaries, self.raw, self.validated, rules
        )

    def changed(self, table: str, position: int, **values: Any) -> Batch:
        """Return the batch with some columns of one row replaced."""
        rows = list(getattr(self, table))
        rows[position] = rows[position].model_copy(update=values)
        return replace(self, **{table: rows})

    def without(self, table: str, position: int) -> Batch:
        """Return the batch without one row."""
        rows = list(getattr(self, table))
        del rows[position]
        return replace(self, **{table: rows})


def batch_of(
    *paper_ids: str, chunks: int = 2, summary: str = "Birds and shrimp.", named: bool = False
) -> Batch:
    """Return a batch of articles with `chunks` chunks each, all with a usable extraction.

    Articles have a title if they are `named`; otherwise their ids decide on their splits.
    """
    batch = Batch([], [], [], [], [])
    for paper_id in paper_ids:
        article = "".join(f"{paper_id}: sentence {i} on salt lakes. " for i in range(chunks * 4))
        batch.papers.append(
            Paper(
                paper_id=paper_id,
                source="lakes",
                title=f"On {paper_id}" if named else "",
                abstract="What lives in brine.",
                section_names=["Introduction", "Results"],
                article=article,
                status="used",
                reason=None,
            )
        )
        batch.summaries.append(_summary(paper_id, summary))
        for index in range(chunks):
            start, end = index * WINDOW, (index + 1) * WINDOW
            chunk = Chunk(
                chunk_id=f"{paper_id}#{index:04d}",
                paper_id=paper_id,
                index=index,
                text=article[start:end],
                start=start,
                end=end,
                overlap=0,
                tokens=11,
            )
            batch.chunks.append(chunk)
            batch.raw.append(_raw(chunk, summary))
            batch.validated.append(
                ValidatedExtraction(
                    chunk_id=chunk.chunk_id,
                    paper_id=paper_id,
                    verdict="repaired" if index else "valid",
                    reason=None,
                    repairs=["closed_json"] if index else [],
                    extraction=EXTRACTION,
                    **findings(EXTRACTION, chunk.text),
                )
            )
    return batch


def findings(extraction: Extraction, text: str) -> dict[str, Any]:
    """Return the columns that say where an extraction stands in a text, to the letter."""
    grounding = [
        EntityGrounding(
            name=name,
            answered=name,
            status="exact" if name in text else "absent",
            differences=[],
            mentions=[
                Span(start=at, end=at + len(name))
                for at in range(len(text))
                if text.startswith(name, at)
            ],
        )
        for name in extraction.list_of_entities
    ]
    evidence = [
        RelationEvidence(
            sentences=[Span(start=0, end=len(text.rstrip()))] if stated else [],
            support=1.0 if stated else 0.0,
            polarity="affirmed" if stated else None,
            directed=stated,
            fault=None if stated else "not_together",
        )
        for relation in extraction.relations
        for stated in [relation.description.rstrip(".") in text]
    ]
    return {"grounding": grounding, "evidence": evidence}


def _answered(paper_id: str, messages: list[ChatMessage], text: str) -> dict[str, Any]:
    return {
        "paper_id": paper_id,
        "status": "completed",
        "reason": None,
        "messages": messages,
        "text": text,
        "finish_reason": "stop",
        "endpoint": "office",
        "prompt_tokens": 90,
        "completion_tokens": 30,
        "seconds": 1.5,
        "attempt": 1,
        "key": "5ea1" * 16,
    }


def _summary(paper_id: str, text: str) -> Summary:
    messages = [ChatMessage(role="user", content="Summarise: What lives in brine.")]
    return Summary(
        **_answered(paper_id, messages, text), model="summariser-1b", prompt_version="sum-v1"
    )


def _raw(chunk: Chunk, summary: str) -> RawExtraction:
    messages = [
        ChatMessage(role="system", content="Extract entities and relations as JSON."),
        ChatMessage(role="user", content=f"Summary: {summary.strip()}\n\nText:\n{chunk.text}\n"),
    ]
    return RawExtraction(
        **_answered(chunk.paper_id, messages, "{…}"),
        chunk_id=chunk.chunk_id,
        mode="schema",
        candidates=[],
        model="extractor-7b",
        prompt_version="ext-v1",
    )
