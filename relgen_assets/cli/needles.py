"""The command `relgen needle`: invented facts in chunks, and how many of them come back."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.evaluating import opened_pool
from relgen_assets.cli.evaluation_documents import NeedleDocument, NeedlesPart
from relgen_assets.cli.layout import Line, print_listing, say, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.definitions import build_resources
from relgen_assets.evaluation.certificate import Evaluated
from relgen_assets.evaluation.needles import FACTS_FOUND, NAMES_FOUND
from relgen_assets.orchestration.evaluating.endpoints import settings_of
from relgen_assets.orchestration.evaluating.evaluation import evaluate
from relgen_assets.orchestration.evaluating.needles import needles_in
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.project import Project


def find_needles(
    project: Project,
    console: Console,
    chunks: int,
    endpoints: Sequence[str],
    *,
    seed: int = 0,
    as_json: bool = False,
) -> None:
    """Plant needles into stored chunks, ask about them, and print how many came back.

    Args:
        project: The opened project.
        console: Where to print.
        chunks: Most chunks.
        endpoints: The endpoints; by default all.
        seed: Other seeds plant other facts.
        as_json: Print one document instead.

    Raises:
        ConfigurationError: There is no such endpoint, or no chunk is stored.
        NoEndpointLeft: A server does not answer.
    """
    asked = settings_of(project.settings, endpoints)
    needles = needles_in(build_resources(project.settings).io_manager, chunks, seed=seed)
    with shown_progress():
        found = evaluate(project, needles, asked, [Asking()] * len(asked), opened_pool)
    if as_json:
        parts = [NeedlesPart.of(one) for one in found]
        print_document(NeedleDocument(needles=len(needles), endpoints=parts))
        return
    print_needles(console, len(needles), found)


def print_needles(console: Console, needles: int, found: Sequence[Evaluated]) -> None:
    """Print for each endpoint the share of names and facts that came back, by position."""
    write(console, f"{needles:,} invented facts, one a chunk; found of them, in per cent (95 %):")
    for one in found:
        mode = f", mode {one.mode}" if one.mode else ""
        write(console, "")
        say(console, f"{one.model or 'no answer'}{mode}", first=f"{one.endpoint}: ")
        scores = {"all": one.scores} | one.by_origin
        lines = [
            Line([part, f"{of.texts:,}", str(of.scores[NAMES_FOUND]), str(of.scores[FACTS_FOUND])])
            for part, of in scores.items()
        ]
        print_listing(console, ["in the chunk's", "facts", "names", "facts related"], lines)
