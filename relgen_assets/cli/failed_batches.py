"""How the end of a command tells which batches failed, and why: each reason once.

Dead servers fail every batch in the same way. Who reads the reason twenty times reads it not at
all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NAMED = 3


def reasons_of(failures: Mapping[str, str]) -> str:
    """Return the reasons, each after the batches that failed for it.

    Args:
        failures: Why each batch failed; a reason may begin with the batch.
    """
    alike: dict[str, list[str]] = {}
    for key, reason in failures.items():
        alike.setdefault(reason.removeprefix(f"{key}: "), []).append(key)
    told = [f"{named_batches(keys)}: {reason}" for reason, keys in alike.items()]
    return told[0] if len(told) == 1 else "".join(f"\n{one}" for one in told)


def named_batches(keys: Sequence[str]) -> str:
    """Return the first few batches by name, and how many more there are."""
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more
