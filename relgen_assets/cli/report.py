"""The listings and summaries that commands print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console

from relgen_assets.cli.failed_batches import named_batches
from relgen_assets.cli.layout import Line, print_facts, print_listing, say, write
from relgen_assets.export.configs import DEFAULT
from relgen_assets.integrity.overview import Overview
from relgen_assets.orchestration.energy import EXAMPLES, kwh_per_examples
from relgen_assets.settings import Settings
from relgen_assets.settings.places import from_here
from resources.generation_ledger.yields import EndpointYield
from resources.llama_server_pool.reports import EndpointStatus

_PATTERN_SIGNS: Final = frozenset("[]*?")


def print_run(
    console: Console,
    overview: Overview,
    *,
    batches: int,
    seconds: float,
    kwh: float,
    settings: Settings,
) -> None:
    """Print the results and cost of a run, and how to load the dataset."""
    verdicts, dataset = overview.verdicts, from_here(settings.storage.dataset)
    rows = [
        ("batches", f"{batches}"),
        ("articles", f"{overview.articles}{_reasons(overview.unusable, 'unusable')}"),
        *_control_tokens(overview),
        ("chunks", f"{overview.chunks}"),
        ("valid", f"{verdicts['valid']}"),
        ("repaired", f"{verdicts['repaired']}"),
        ("rejected", f"{verdicts['rejected']}{_reasons(overview.rejected)}"),
        *_gains(overview),
        ("tokens", f"{overview.prompt_tokens:,} read, {overview.completion_tokens:,} written"),
        ("seconds", f"{seconds:.0f} in all, {overview.seconds:.0f} of generation"),
        *_energy(kwh, overview.usable),
        ("dataset", dataset),
    ]
    write(console, "")
    print_facts(console, rows)
    write(console, "")
    write(
        console,
        f'from datasets import load_dataset; load_dataset("{dataset}", "{DEFAULT.name}")',
    )
    if _PATTERN_SIGNS & set(dataset):
        say(
            console,
            "`load_dataset` takes such a path for a pattern and finds nothing: move the dataset to"
            " a folder without [ ] * ? in its name, or set storage.dataset.",
        )


def print_batches(console: Console, overviews: Sequence[tuple[str, Overview]]) -> None:
    """Print the contents of each batch, one line per batch, and reasons below it."""
    print_listing(
        console,
        ("batch", "articles", "chunks", "valid", "repaired", "rejected"),
        [
            Line(
                (
                    key,
                    f"{one.articles:,}",
                    f"{one.chunks:,}",
                    *(f"{one.verdicts[name]:,}" for name in ("valid", "repaired", "rejected")),
                ),
                (
                    ("unusable", _listed(one.unusable)),
                    ("control tokens", _listed(one.control_tokens)),
                    ("rejected", _listed(one.rejected)),
                ),
            )
            for key, one in overviews
        ],
    )


def print_stale(console: Console, stale: Mapping[str, Sequence[str]]) -> None:
    """Print which batches are out of date, those with the same assets together.

    Args:
        console: Where to print.
        stale: The assets that were made under another code version, by batch.
    """
    if not stale:
        return
    console.print("Made under other settings, prompts or rules than those of now:")
    alike: dict[str, list[str]] = {}
    for key, assets in stale.items():
        alike.setdefault(", ".join(assets), []).append(key)
    for assets, keys in alike.items():
        say(console, f"{assets} of {named_batches(keys)}", first="  ", indent="    ")
    console.print("Making them again asks only what is not known: relgen run")


def print_endpoints(
    console: Console, endpoints: Sequence[EndpointStatus], yields: Mapping[str, EndpointYield]
) -> None:
    """Print which endpoints answer, with capacity, speed and yield, and below each what it is.

    Args:
        console: Where to print.
        endpoints: What they answer now.
        yields: What became of their answers so far, by name.
    """
    print_listing(
        console,
        ("endpoint", "kind", "answers", "slots", "context", "tokens/s", "usable"),
        [
            Line(
                (
                    one.name,
                    one.kind,
                    "yes" if one.answers else "no",
                    _shown(one.slots),
                    _shown(one.context),
                    "" if one.tokens_per_second is None else f"{one.tokens_per_second:.1f}",
                    _usable(yields.get(one.name)),
                ),
                (
                    ("fault", one.fault),
                    ("model", one.model),
                    ("", " ".join(filter(None, (one.dialect, one.url)))),
                ),
            )
            for one in endpoints
        ],
        left=("kind", "answers"),
    )


def _usable(gained: EndpointYield | None) -> str:
    return "" if gained is None else f"{gained.usable_share:.0%} of {gained.answers:,}"


def _control_tokens(overview: Overview) -> list[tuple[str, str]]:
    """Return the line about control tokens in articles; none if there were none."""
    found = overview.control_tokens
    return [("control tokens", f"{found.total()} made harmless{_reasons(found)}")] if found else []


def _gains(overview: Overview) -> list[tuple[str, str]]:
    """Return the line about asking again; none if every first answer was usable."""
    gains = overview.gains
    if not gains.asked:
        return []
    by_reason = ", ".join(f"{reason} {count}" for reason, count in gains.by_reason().items())
    return [("asked again", f"{gains.later:,} accepted ({by_reason})")]


def _energy(kwh: float, examples: int) -> list[tuple[str, str]]:
    """Return the line about energy; none unless endpoints have watts."""
    if not kwh:
        return []
    each = kwh_per_examples(kwh, examples)
    share = "" if each is None else f", {each:.3g} kWh per {EXAMPLES:,} examples"
    return [("energy", f"{kwh:.3g} kWh on these batches in all runs{share}")]


def _reasons(reasons: Counter[str], noun: str = "") -> str:
    if not reasons:
        return ""
    return f" ({noun} {_listed(reasons)})" if noun else f" ({_listed(reasons)})"


def _listed(reasons: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in reasons.most_common())


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)
