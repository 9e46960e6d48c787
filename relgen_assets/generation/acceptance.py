"""Which answers the pool may take as outcomes; any other leads to a further content attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from relgen_assets.extraction import example_descriptions, judge
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.requests import ExtractionTask
from resources.generation import Generation


def is_summary(generation: Generation) -> bool:
    """Return whether an answer is usable as a summary."""
    return generation.finish_reason != "length" and bool(generation.text.strip())


def is_extraction(
    tasks: Iterable[ExtractionTask], policy: JudgingPolicy
) -> Callable[[Generation], bool]:
    """Return a predicate that accepts every answer the rules do not reject.

    Args:
        tasks: The chunks that are asked about.
        policy: What happens to what a chunk does not say.
    """
    asked = {task.chunk.chunk_id: task for task in tasks}

    def accept(generation: Generation) -> bool:
        task = asked[generation.subject]
        sent = task.request.messages if task.request else ()
        judgement = judge(
            generation.text,
            task.chunk.text,
            finish_reason=generation.finish_reason,
            examples=example_descriptions(
                message["content"] for message in sent if message["role"] == "assistant"
            ),
            policy=policy,
        )
        return judgement.verdict != "rejected"

    return accept
