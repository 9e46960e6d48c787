"""The command `relgen evaluate`: endpoints in one table, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.evaluation_documents import EvaluateDocument, EvaluatedPart
from relgen_assets.cli.layout import INDENT, Line, print_listing, say, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.definitions import build_resources
from relgen_assets.evaluation.certificate import Evaluated
from relgen_assets.evaluation.intervals import Interval
from relgen_assets.evaluation.scores import Scores
from relgen_assets.orchestration.evaluating.endpoints import settings_of
from relgen_assets.orchestration.evaluating.evaluation import evaluate
from relgen_assets.orchestration.evaluating.prompts import askings
from relgen_assets.orchestration.evaluating.texts import texts_on
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.models import Mode
from relgen_assets.settings import Settings
from resources.llama_server_pool.pool import LlamaServerPool

SHOWN: Final[Mapping[str, str]] = {
    "answered": "texts answered",
    "valid_json": "valid JSON",
    "usable": "accepted by the rules",
    "grounded": "names in the text",
    "supported": "relations in the text",
    "names_precision": "entities, precision",
    "names_recall": "entities, recall",
    "names_f1": "entities, F1",
    "names_exact_f1": "entities, F1, exact",
    "pairs_precision": "relations, precision",
    "pairs_recall": "relations, recall",
    "pairs_f1": "relations, F1",
    "answered_names_f1": "entities, F1, unfiltered",
    "answered_pairs_f1": "relations, F1, unfiltered",
}
"""The scores of the table, with their names; `--json` holds them all."""
_AT_A_TIME: Final = 2
"""Endpoints beside each other in 80 columns."""


def evaluate_endpoints(
    project: Project,
    console: Console,
    on: str,
    endpoints: Sequence[str],
    prompts: Sequence[str],
    *,
    mode: Mode | None = None,
    limit: int | None = None,
    form: str | None = None,
    as_json: bool = False,
) -> None:
    """Evaluate endpoints and print their scores in one table.

    Args:
        project: The opened project.
        console: Where to print.
        on: A split of the dataset, or the path of a gold file.
        endpoints: The endpoints; by default all.
        prompts: With which prompts; by default those of the run.
        mode: How decoding is constrained; by default as the settings say.
        limit: Most texts.
        form: The form of the gold file.
        as_json: Print one document instead.

    Raises:
        ConfigurationError: There is no such endpoint or prompt.
        SourceError: The gold file cannot be read.
        DatasetError: The dataset has no such split.
        NoEndpointLeft: A server does not answer.
    """
    settings = project.settings
    asked = settings_of(settings, endpoints, mode=mode)
    wanted = askings(prompts, settings.dataset.student_prompt, len(asked))
    texts = texts_on(on, settings.storage.dataset, form=form, limit=limit)
    with shown_progress():
        found = evaluate(project, texts, asked, wanted, opened_pool)
    name = Path(on).name
    if as_json:
        parts = [EvaluatedPart.of(one) for one in found]
        print_document(EvaluateDocument(on=name, endpoints=parts))
        return
    print_evaluation(console, name, found)


@contextmanager
def opened_pool(settings: Settings) -> Iterator[LlamaServerPool]:
    """Open the pool of some settings, with its ledger, and close both afterwards."""
    resources = build_resources(settings)
    try:
        yield resources.llama_server_pool
    finally:
        resources.llama_server_pool.close()
        resources.generation_ledger.close()


def print_evaluation(console: Console, on: str, found: Sequence[Evaluated]) -> None:
    """Print the scores of endpoints beside each other, then by source."""
    texts, documents = found[0].scores.texts, found[0].scores.documents
    write(console, f"On {on}: {texts:,} texts of {documents:,} documents, in per cent (95 %).")
    for one in found:
        asked = f"{one.prompt}, mode {one.mode}" if one.mode else f"{one.prompt}, unconstrained"
        say(console, f"{one.model or 'no answer'}, asked with {asked}", first=f"{one.endpoint}: ")
    for at in range(0, len(found), _AT_A_TIME):
        beside = found[at : at + _AT_A_TIME]
        write(console, "")
        _print_scores(console, {one.endpoint: one.scores for one in beside})
    for origin in found[0].by_origin:
        write(console, "")
        write(console, f"of {origin}:")
        _print_scores(console, {one.endpoint: one.by_origin[origin] for one in found})
    write(console, "")
    for one in found:
        if one.reasons:
            reasons = ", ".join(f"{reason} {count}" for reason, count in one.reasons.items())
            say(console, reasons, first=f"{one.endpoint}, not usable: ", indent=INDENT)


def _print_scores(console: Console, scores: Mapping[str, Scores]) -> None:
    lines = [
        Line([title, *(_shown(one.scores[name]) for one in scores.values())])
        for name, title in SHOWN.items()
    ]
    print_listing(console, ["", *scores], lines)


def _shown(interval: Interval) -> str:
    return "-" if interval.value is None else str(interval)
