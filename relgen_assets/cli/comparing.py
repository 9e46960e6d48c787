"""The command `relgen compare`: two ways to ask, on the same chunks."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from relgen_assets.cli.compare_document import CompareDocument
from relgen_assets.cli.document import print_document
from relgen_assets.cli.layout import Line, print_listing, say, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.definitions import build_resources
from relgen_assets.evaluation.comparison import Measured
from relgen_assets.orchestration.asking import Asker
from relgen_assets.orchestration.comparing import (
    Compared,
    ask_side,
    choose_chunks,
    compare_answers,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.sides import Side, side_of


def compare_two(
    project: Project,
    console: Console,
    names: tuple[str, str],
    origin: Path,
    *,
    chunks: int,
    margin: float,
    as_json: bool,
) -> None:
    """Ask about the same chunks in two ways, and print what differs.

    Args:
        project: The opened project.
        console: Where to print.
        names: What A and B are.
        origin: The folder to which files are relative.
        chunks: How many chunks.
        margin: How much worse B may be and still pass, in points.
        as_json: Print one JSON document.

    Raises:
        ConfigurationError: A side is not known, or no article can be used.
        NoEndpointLeft: No server answers; what was answered is in the ledger.
    """
    sides = [side_of(name, project, origin) for name in names]
    subjects = choose_chunks(project, chunks)
    askers = [_asker(side, project) for side in sides]
    with shown_progress(leave_last=False):
        a, b = ((asker, ask_side(subjects, asker)) for asker in askers)
    compared = compare_answers(subjects, a, b, margin=margin / 100)
    if as_json:
        print_document(_document(names, compared))
    else:
        _print(console, names, compared)


def _asker(side: Side, project: Project) -> Asker:
    resources = build_resources(side.settings)
    return Asker(
        resources.llama_server_pool,
        side.settings,
        side.prompts,
        project.chunker.count,
        "relgen compare",
        side.settings.extractions.attempts,
    )


def _verdict(compared: Compared) -> str:
    if compared.quality.is_worse:
        return "worse"
    return "not worse" if compared.quality.is_not_worse else "undecided"


def _document(names: tuple[str, str], compared: Compared) -> CompareDocument:
    quality, costs = compared.quality, compared.costs
    return CompareDocument(
        a=names[0],
        b=names[1],
        verdict=_verdict(compared),
        findable=quality.findable,
        chunks_needed=quality.chunks_needed,
        **dict(quality),
        **dict(costs),
    )


def _print(console: Console, names: tuple[str, str], compared: Compared) -> None:
    quality, costs = compared.quality, compared.costs
    say(console, names[0], first="A  ", indent="   ")
    say(console, names[1], first="B  ", indent="   ")
    write(console, f"{quality.chunks} chunks of {quality.articles} articles")
    write(console, "")
    lines = [
        _line("accepted rows", quality.accepted, percent=True),
        _line("supported of stated", quality.supported, percent=True),
        _line("relations a chunk", quality.relations),
        _line("tokens read", costs.tokens_read),
        _line("tokens written", costs.tokens_written),
        _line("seconds", costs.seconds),
    ]
    if costs.watt_hours is not None:
        lines.append(_line("watt hours", costs.watt_hours))
    print_listing(console, ("per chunk", "A", "B", "B against A"), lines)
    write(console, "")
    say(console, f"Agreement of their relations: {costs.agreement} %.")
    say(console, _said(compared))


def _line(name: str, one: Measured, *, percent: bool = False) -> Line:
    factor, sign = (100, " %") if percent else (1, "")
    values = [
        "none" if value is None else f"{factor * value:.1f}{sign}" for value in (one.a, one.b)
    ]
    return Line((name, *values, _difference(one)))


def _difference(one: Measured) -> str:
    found, unit = one.difference, "%" if one.relative else "points"
    if found.value is None:
        return "none"
    if found.low is None or found.high is None:
        return f"{100 * found.value:+.1f} {unit}"
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f}) {unit}"


def _said(compared: Compared) -> str:
    """Return what the numbers decide, and what more chunks would."""
    quality = compared.quality
    margin = f"{100 * quality.margin:g} points"
    verdict = {
        "worse": "B is worse: an interval of the first three lies below zero.",
        "not worse": f"B is not worse than A by more than {margin}.",
        "undecided": f"Undecided: B may be worse than A by more than {margin}, or not.",
    }[_verdict(compared)]
    if quality.findable is None or quality.chunks_needed is None:
        return f"{verdict} So few articles have no intervals."
    return (
        f"{verdict} So many chunks find a difference of {100 * quality.findable:.0f} points nine"
        f" times in ten; for {margin} about {quality.chunks_needed:,} are needed."
    )
