"""What the project says of its dataset, which no shard knows: for the card and the citation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class About:
    """What a card says that does not follow from shards.

    Attributes:
        title: Title of the dataset.
        licence: Licence of the dataset: an id of the Hub, or any other name.
        curators: Who made it; may be empty.
        languages: ISO codes of its languages; those that the texts are in if empty.
        method: Settings by which it was made: section, then key and value.
        kwh: Energy spent on it in kilowatt-hours; `None` if that is not known.
    """

    title: str
    licence: str
    curators: Sequence[str] = ()
    languages: Sequence[str] = ()
    method: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, dict[str, object]])
    kwh: float | None = None
