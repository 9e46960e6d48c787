"""The generation ledger: every completed generation, durable before it is used.

`GenerationLedger`, the Dagster resource, is in `ledger`. It is imported on first use: who needs a
key, or the values of a report, need not load Dagster and a database for them.

    ledger        the Dagster resource: configuration and life cycle
    keys          the key of a generation, and what belongs in it
    schema        the tables; `migrations` and `upgrade` bring older ones to the same version
    store         looking answers up and recording them
    verdicts      what validations said, and which subjects were granted further attempts
    entries       single calls with everything that is known of them
    stats         the whole ledger in numbers
    transfer      to parquet files and back; `merge` is its way in
    pruning       giving room back
    lease         one holder at a time of a named piece of work
    engine        the database: URL, transactions, patience; `faults` names its errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resources.generation_ledger.entries import Entry
    from resources.generation_ledger.keys import generation_key
    from resources.generation_ledger.ledger import GenerationLedger
    from resources.generation_ledger.pruning import Pruned
    from resources.generation_ledger.stats import GroupStats, LedgerStats
    from resources.generation_ledger.store import Call
    from resources.generation_ledger.transfer import Transferred
    from resources.generation_ledger.verdicts import Verdict

__all__ = [
    "Call",
    "Entry",
    "GenerationLedger",
    "GroupStats",
    "LedgerStats",
    "Pruned",
    "Transferred",
    "Verdict",
    "generation_key",
]

_HOMES = {
    "Call": "store",
    "Entry": "entries",
    "GenerationLedger": "ledger",
    "GroupStats": "stats",
    "LedgerStats": "stats",
    "Pruned": "pruning",
    "Transferred": "transfer",
    "Verdict": "verdicts",
    "generation_key": "keys",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
