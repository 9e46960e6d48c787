"""Whether the model that answered is the one that was asked. Pure.

Servers name one model in several ways: with or without folders, suffixes, tags and dates. A gateway
that falls back to another model says so only by the name in its answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_DATE = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2})$")
"""The date of a snapshot, as in `gpt-4o-2024-08-06`."""
_SUFFIXES: Final = (".gguf", ":latest")


def is_same_model(answered: str, known: Iterable[str]) -> bool:
    """Return whether the name in an answer is one of the names of the model that was asked.

    Folders, case, `.gguf` and `:latest` make no difference, nor does the date of a snapshot where
    none was asked for. A tag, a version or a quantisation does.
    """
    name = _bare(answered)
    return bool({name, _DATE.sub("", name)} & {_bare(one) for one in known})


def _bare(model: str) -> str:
    name = model.strip().replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
