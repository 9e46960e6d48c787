"""Turns a source's row into a `Paper`: clean text, an id, and whether it can be used.

Only what every source shares belongs here. A row that cannot be used becomes a paper of status
`unusable` with one of the reason codes below. It is never dropped, so that counts add up.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relgen_assets.rows.models import Paper
from relgen_assets.sources.bibliography import NOTHING_TOLD, Bibliography
from relgen_assets.sources.control_text import without_control_tokens
from relgen_assets.text.similarity import signature

NOT_A_STRING = "not_a_string"
"""A column that must hold text holds something else."""
EMPTY_ARTICLE = "empty_article"
"""The article is missing or blank."""
TOO_SHORT = "too_short"
"""The article has fewer than `SHORTEST_ARTICLE` characters."""
NOT_TEXT = "not_text"
"""Fewer than `SMALLEST_LETTER_SHARE` of the article's characters are letters."""
NO_CONTEXT = "no_context"
"""Without abstract and section names there is nothing to summarise the article from."""
DUPLICATE_ID = "duplicate_id"
"""An earlier row of the batch has the same id, or the same content where ids are hashes."""

REASONS = (NOT_A_STRING, EMPTY_ARTICLE, TOO_SHORT, NOT_TEXT, NO_CONTEXT, DUPLICATE_ID)

SHORTEST_ARTICLE = 200
"""Characters an article must have, not counting white space at its ends."""
SMALLEST_LETTER_SHARE = 0.4
"""Share of letters (of any script) among the visible characters of an article."""

_LETTER_SAMPLE = 20_000
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SECTION_LABEL = re.compile(r"^\s*(?:\[[^\]\n]*\]\s*)+")
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class RawRow:
    """The values of one row by their meaning; they still have the types of the source.

    Attributes:
        section_names: Text with one name per line, a sequence of names, or None.
        paper_id: The source's own id; None for a content hash.
        bibliography: Who wrote it and what it allows; always clean.
    """

    article: object
    abstract: object
    section_names: object
    title: object = None
    paper_id: object = None
    bibliography: Bibliography = NOTHING_TOLD


def clean_text(text: str) -> str:
    r"""Return `text` with every line break as `\n` and without control characters.

    Lone surrogates are removed too, since no file can hold them. Nothing else changes; tabs stay.
    """
    return _CONTROL.sub("", _LINE_BREAKS.sub("\n", text))


def clean_line(text: str) -> str:
    """Return `text` cleaned, on one line, with single spaces: for abstracts and titles."""
    return _WHITE_SPACE.sub(" ", clean_text(text)).strip()


def clean_section_names(names: Iterable[str]) -> list[str]:
    """Return the non-empty names, each on one line, without labels like `[sec:intro]`."""
    cleaned = (clean_line(_SECTION_LABEL.sub("", clean_text(name))) for name in names)
    return [name for name in cleaned if name]


def papers(rows: Iterable[RawRow], source: str, *, signed: bool = True) -> Iterator[Paper]:
    """Yield one paper for every row of one batch, in order.

    Args:
        rows: The rows of the batch.
        source: Name of the source, stored with every paper.
        signed: Compute the signatures, which cost most of the time.
    """
    seen: set[str] = set()
    for row in rows:
        paper = _paper(row, source, signed=signed)
        if paper.paper_id in seen and paper.status == "used":
            paper = paper.model_copy(update={"status": "unusable", "reason": DUPLICATE_ID})
        if paper.status == "used":
            seen.add(paper.paper_id)
        yield paper


def _paper(row: RawRow, source: str, *, signed: bool) -> Paper:
    names = _names(row.section_names)
    texts = (row.article, row.abstract, row.title)
    readable = names is not None and all(v is None or isinstance(v, str) for v in texts)
    article, abstract, title = (value if isinstance(value, str) else "" for value in texts)
    paper = Paper(
        paper_id=_paper_id(row),
        source=source,
        title=clean_line(title),
        abstract=clean_line(abstract),
        section_names=clean_section_names(names or []),
        article=clean_text(article),
        status="used",
        reason=None,
        licence=row.bibliography.licence,
        doi=row.bibliography.doi,
        url=row.bibliography.url,
        authors=list(row.bibliography.authors),
        year=row.bibliography.year,
    )
    paper = without_control_tokens(paper)
    if reason := _fault(paper) if readable else NOT_A_STRING:
        return paper.model_copy(update={"status": "unusable", "reason": reason})
    return paper.model_copy(update={"signature": signature(paper.article)}) if signed else paper


def _fault(paper: Paper) -> str | None:
    """Return why a paper whose columns hold text cannot be used, or None."""
    text = paper.article.strip()
    if not text:
        return EMPTY_ARTICLE
    if len(text) < SHORTEST_ARTICLE:
        return TOO_SHORT
    visible = "".join(text[:_LETTER_SAMPLE].split())
    if sum(map(str.isalpha, visible)) < SMALLEST_LETTER_SHARE * len(visible):
        return NOT_TEXT
    if not paper.abstract and not paper.section_names:
        return NO_CONTEXT
    return None


def _names(value: object) -> list[str] | None:
    """Return section names as a list, or None if the value is neither text nor a list of text."""
    if value is None:
        return []
    if isinstance(value, str):
        return clean_text(value).split("\n")
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return [str(name) for name in value]
    return None


def _paper_id(row: RawRow) -> str:
    """Return the source's own id on one line, or else a hash of the row's content."""
    own = clean_line(str(row.paper_id)) if row.paper_id is not None else ""
    if own:
        return own
    content = "\x1f".join(str(value) for value in (row.title, row.abstract, row.article))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
