"""Whether the numbers of a card are those of the shards.

The card is made again from the shards, and every line with a number has to be in the stored one as
it is. That the footers, from which it is made, are those of the rows is compared batch by batch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from relgen_assets.export.about import About
from relgen_assets.export.batch_facts import batch_part
from relgen_assets.export.card import CARD_FILE, card_of
from relgen_assets.export.certificates import stored_certificate
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import facts_of
from relgen_assets.export.front_matter import parted
from relgen_assets.export.shaping import Shaping
from relgen_assets.export.shards import Contents, Shard
from resources import storage

_NUMBER = re.compile(r"\d")
_NOT_OF_SHARDS = re.compile(r"kWh|Wh for each|^\| `[a-z_]+\.[a-z_]+` \|")
"""Lines about energy, and those of the table of settings."""


def numbers_that_differ(root: str, contents: Contents, about: About) -> list[str]:
    """Return the lines of the card of a folder that its shards would not make.

    What the servers drew is left out: it comes from what runs recorded, not from shards. So are the
    settings, which may have changed since; what they make stale has checks of its own.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        contents: What the folder holds.
        about: What the project says of its dataset.

    Returns:
        Lines with a number, `+` before those that the card should have, `-` before those that it
        should not; also a single line if there is no card.

    Raises:
        DatasetError: The certificate beside it cannot be read.
        StorageError: The card cannot be read.
    """
    url = storage.join(root, CARD_FILE)
    if not storage.exists(url):
        return ["there is no card"]
    stored = storage.read_bytes(url).decode("utf-8", "replace")
    try:
        found, expected = (
            _numbered(stored),
            _numbered(card_of(contents, about, stored_certificate(root))),
        )
    except ValueError:
        return ["the card does not begin with its YAML"]
    return [
        *(f"+ {line}" for line in (expected - found).elements()),
        *(f"- {line}" for line in (found - expected).elements()),
    ]


def footers_that_differ(
    full: Iterable[tuple[Shard, Sequence[FullExample]]], shaping: Shaping
) -> list[str]:
    """Return what the footers of a batch say that its rows do not bear out.

    What follows from settings is compared only where the rows were written under those of today.

    Args:
        full: The shards of complete examples of the batch, each with its rows.
        shaping: How training rows are written now.
    """
    faults: list[str] = []
    for shard, rows in full:
        if shard.facts is None:
            continue
        stored = shard.facts
        made = facts_of(rows, shaping, batch_part(stored))
        reshaped = stored.shaping != shaping.version
        ignored = {"shaping", "lengths"} if reshaped else set[str]()
        faults += [
            f"{shard.config}/{shard.split}/{shard.partition}: {name} is"
            f" {getattr(stored, name)}, not {getattr(made, name)}"
            for name in type(stored).model_fields
            if name not in ignored and getattr(stored, name) != getattr(made, name)
        ]
    return faults


def _numbered(card: str) -> Counter[str]:
    """Return the lines with a number, of YAML and text, as far as shards decide on it."""
    metadata, text = parted(card)
    head = [f"{key}: {value}" for key, value in metadata.items()]
    return Counter(
        line
        for line in (*head, *text.split("\n"))
        if _NUMBER.search(line) and not _NOT_OF_SHARDS.search(line)
    )
