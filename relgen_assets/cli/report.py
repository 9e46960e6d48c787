"""The tables and summaries that commands print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from relgen_assets.export.configs import DEFAULT
from relgen_assets.integrity.overview import Overview
from relgen_assets.orchestration.energy import EXAMPLES, kwh_per_examples
from relgen_assets.orchestration.runs import CheckOutcome
from relgen_assets.settings import Settings
from resources.llama_server_pool.reports import EndpointStatus


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
    table = Table.grid(padding=(0, 2))
    verdicts = overview.verdicts
    rows = [
        ("batches", f"{batches}"),
        ("articles", f"{overview.articles}{_reasons(overview.unusable, 'unusable')}"),
        ("chunks", f"{overview.chunks}"),
        ("valid", f"{verdicts['valid']}"),
        ("repaired", f"{verdicts['repaired']}"),
        ("rejected", f"{verdicts['rejected']}{_reasons(overview.rejected)}"),
        ("tokens", f"{overview.prompt_tokens:,} read, {overview.completion_tokens:,} written"),
        ("seconds", f"{seconds:.0f} in all, {overview.seconds:.0f} of generation"),
        *_energy(kwh, overview.usable),
        ("dataset", settings.storage.dataset),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console.print()
    console.print(table)
    console.print()
    console.print(
        f'from datasets import load_dataset; load_dataset("{settings.storage.dataset}",'
        f' "{DEFAULT.name}")',
        markup=False,
        soft_wrap=True,
    )


def print_batches(console: Console, overviews: Iterable[tuple[str, Overview]]) -> None:
    """Print the contents of each batch, one line per batch."""
    table = Table("batch", "articles", "chunks", "valid", "repaired", "rejected", "reasons")
    for key, one in overviews:
        reasons = ", ".join(f"{name} {count}" for name, count in one.rejected.most_common())
        counts = (one.verdicts[name] for name in ("valid", "repaired", "rejected"))
        table.add_row(key, str(one.articles), str(one.chunks), *map(str, counts), reasons)
    console.print(table)


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
        more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
        console.print(f"  {assets} of {', '.join(keys[:3])}{more}", soft_wrap=True)
    console.print("Making them again asks only what is not known: relgen run")


def print_endpoints(console: Console, endpoints: Sequence[EndpointStatus]) -> None:
    """Print which endpoints answer, with model, capacity and speed."""
    table = Table("endpoint", "kind", "answers", "dialect", "model", "slots", "context", "tokens/s")
    for one in endpoints:
        table.add_row(
            one.name,
            one.kind,
            "yes" if one.answers else f"no: {one.fault}",
            one.dialect or "",
            one.model or "",
            _shown(one.slots),
            _shown(one.context),
            "" if one.tokens_per_second is None else f"{one.tokens_per_second:.1f}",
        )
    console.print(table)


def print_checks(console: Console, outcomes: Sequence[CheckOutcome]) -> None:
    """Print the checks that did not pass, and totals."""
    for outcome in outcomes:
        if not outcome.passed:
            level = "[red]failed[/]" if outcome.is_error else "[yellow]warning[/]"
            place = f" ({outcome.partition})" if outcome.partition else ""
            console.print(f"{level} {outcome.asset}.{outcome.name}{place}")
            for name, value in outcome.details.items():
                console.print(f"    {name}: {value}", markup=False, soft_wrap=True)
    errors = sum(not outcome.passed and outcome.is_error for outcome in outcomes)
    warnings = sum(not outcome.passed and not outcome.is_error for outcome in outcomes)
    console.print(f"{len(outcomes)} checks, {errors} failed, {warnings} warnings")


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
    listed = ", ".join(f"{name} {count}" for name, count in reasons.most_common())
    return f" ({noun} {listed})" if noun else f" ({listed})"


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)
