"""Requests for the summaries of articles, and the rows made from their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from relgen_assets.extraction.summary_rules import whole_summary
from relgen_assets.generation.acceptance import fault_of_summary
from relgen_assets.generation.answer_columns import generated_columns, unanswered_columns
from relgen_assets.generation.prompt_tokens import estimate_tokens
from relgen_assets.generation.sampling import sampling_of
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.models import SUMMARIES_OFF, Paper, Summary
from relgen_assets.settings import SummarySettings
from resources.generation import Generation, GenerationRequest, Outcome

SUMMARY_TASK = "summary"


def summary_request(
    paper: Paper,
    settings: SummarySettings,
    count: Callable[[str], int],
    labels: Mapping[str, str],
    *,
    prompts: PromptSet,
) -> GenerationRequest:
    """Return the request for the summary of an article."""
    messages = prompts.summary_messages(paper)
    return GenerationRequest(
        subject=paper.paper_id,
        task=SUMMARY_TASK,
        messages=messages,
        sampling=sampling_of(settings, settings.max_tokens),
        prompt_tokens=estimate_tokens(messages, count),
        affinity=paper.paper_id,
        variant=settings.variant,
        labels={**labels, "prompt_version": prompts.version("summary")},
    )


def no_summary(paper_id: str) -> Summary:
    """Return the row of an article in a project that summarises none."""
    return Summary(paper_id=paper_id, **unanswered_columns("refused", SUMMARIES_OFF, "", ()))


def summary_row(request: GenerationRequest, outcome: Outcome) -> Summary:
    """Return the row of a summary request: answered, answered unusably, or failed.

    A summary that was cut off ends with its last whole sentence.
    """
    columns = generated_columns(request, outcome)
    if isinstance(outcome, Generation) and outcome.text.strip():
        fault = fault_of_summary(outcome.text, request.messages, outcome.finish_reason)
        if fault is None:
            columns |= {"text": whole_summary(columns["text"], outcome.finish_reason)}
        else:
            columns |= {"status": "rejected", "reason": fault.value}
    return Summary(paper_id=request.subject, **columns)


def is_usable_summary(row: Summary) -> bool:
    """Return whether a stored summary may stand in prompts."""
    return row.status == "completed" and bool(row.text.strip())


def is_cut_short(row: Summary) -> bool:
    """Return whether a stored summary is what is whole of an answer that was cut off."""
    return is_usable_summary(row) and row.finish_reason == "length"


def summaries_shown(rows: Iterable[Summary]) -> dict[str, str] | None:
    """Return the summaries that prompts show, by article id.

    Returns:
        The usable summaries; `None` if the articles were not to be summarised.
    """
    every = list(rows)
    if every and all(row.reason == SUMMARIES_OFF for row in every):
        return None
    return {row.paper_id: row.text for row in every if is_usable_summary(row)}
