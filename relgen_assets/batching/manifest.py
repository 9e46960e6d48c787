"""The manifest of a batch: which articles it holds, what they said, and what shaped its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from relgen_assets.rows.models import Paper

_CONTENT: Final = (
    "title",
    "abstract",
    "section_names",
    "article",
    "licence",
    "doi",
    "url",
    "authors",
    "year",
)
"""The columns of an article that come from the source and are not computed."""
_DIGEST_CHARACTERS: Final = 16
_SHOWN_TITLE: Final = 80


class Identity(NamedTuple):
    """An article of the source, as far as batches are concerned.

    Attributes:
        id: Its id; several articles of a faulty source may have the same.
        digest: Changes with what it says.
    """

    id: str
    digest: str


class ArticleNote(BaseModel):
    """An article of a batch."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the article.")
    digest: str = Field("", description="Changes with its content; empty: not known.")
    row: int = Field(-1, description="Its row in the version of the source; -1: not known.")
    title: str = Field("", description="The beginning of its title, to show it by.")
    reason: str | None = Field(None, description="Why it cannot be used, if so.")
    kept: bool = Field(
        False, description="Whether the batch holds it as it was, and the source does not."
    )


class Manifest(BaseModel):
    """What a batch remembers.

    Unknown keys, of a later version of the project, are left alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    batch: str = Field(description="Partition key.")
    version: str = Field("", description="Version of the source that it was read from.")
    identity: str = Field("", description="Which settings gave its articles their ids.")
    reading: str = Field("", description="Which settings and code gave its articles their texts.")
    articles: tuple[ArticleNote, ...] = Field(description="Its articles, in order.")
    shaped_by: dict[str, str] = Field(
        default_factory=dict[str, str],
        description="Code version of every asset that its rows in the dataset were made under.",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="The settings of the run that wrote its rows, as a person reads them.",
    )


def note_of(paper: Paper, *, row: int = -1) -> ArticleNote:
    """Return what a manifest notes of an article that stands in this row of the source."""
    return ArticleNote(
        id=paper.paper_id,
        digest=digest_of(paper),
        row=row,
        title=paper.title[:_SHOWN_TITLE],
        reason=paper.reason,
    )


def digest_of(paper: Paper) -> str:
    """Return a digest of all that the source says of an article, its id left out."""
    return digest_of_parts(repr(getattr(paper, name)) for name in _CONTENT)


def digest_of_parts(parts: Iterable[str]) -> str:
    """Return a digest of texts; where one ends and the next begins counts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_DIGEST_CHARACTERS]
