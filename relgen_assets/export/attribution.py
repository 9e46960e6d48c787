"""`ATTRIBUTION.md`: authors, title, address and licence of every article in the dataset.

Most licences of articles ask for it. The file is made from the shards of `full`, next to the card.
What a licence allows belongs to `relgen_assets.rights`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from relgen_assets.export.configs import FULL
from relgen_assets.export.markdown import plain
from relgen_assets.export.shards import Shard, read_columns
from relgen_assets.rights.licences import licence_of
from resources import storage

ATTRIBUTION_FILE: Final = "ATTRIBUTION.md"
MOST_AUTHORS: Final = 20
"""Authors that are listed of one article; of more, the first one and "et al."."""

_INTRODUCTION: Final = (
    "# Articles in this dataset\n\n"
    "Summaries, texts and extractions of this dataset were made from the articles below. Texts were"
    " cut into chunks; extractions and summaries were written by language models.\n\n"
)


class Credit(NamedTuple):
    """One article, as `full` tells of it; the names are those of its columns."""

    paper_id: str
    title: str
    authors: Sequence[str]
    year: int | None
    doi: str
    url: str
    licence: str


def write_attribution(root: str, shards: Iterable[Shard]) -> None:
    """Write the attribution of a dataset folder, from the articles of its shards.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        shards: The shards in it.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The file cannot be written.
    """
    found = {
        credit.paper_id: credit
        for shard in shards
        if shard.config == FULL.name
        for credit in map(_credit, read_columns(shard, Credit._fields))
    }
    text = attribution_text(found.values())
    storage.write_atomic(storage.join(root, ATTRIBUTION_FILE), text.encode("utf-8"))


def attribution_text(articles: Iterable[Credit]) -> str:
    """Return the file's text: one line for each article, in order of title and id."""
    ordered = sorted(articles, key=lambda one: (one.title.casefold(), one.paper_id))
    return _INTRODUCTION + "".join(f"- {_line(one)}\n" for one in ordered)


def _credit(row: dict[str, Any]) -> Credit:
    return Credit(**row)


def _line(one: Credit) -> str:
    licence = licence_of(one.licence)
    address = f"https://doi.org/{one.doi}" if one.doi else one.url
    parts = (
        plain(_names(one.authors)),
        plain(one.title or one.paper_id) + (f" ({one.year})" if one.year else ""),
        f"<{_address(address)}>" if address else f"id {plain(one.paper_id)}",
        f"licence {licence.id}" + (f" <{licence.url}>" if licence.url else ""),
    )
    return ". ".join(part for part in parts if part)


def _names(authors: Sequence[str]) -> str:
    if len(authors) > MOST_AUTHORS:
        return f"{authors[0]} et al."
    return ", ".join(authors)


def _address(url: str) -> str:
    """Return a URL that cannot end its angle brackets."""
    return url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace("\\", "%5C")
