"""Turns a source's row into a `Paper`: clean text, an id, and whether it can be used.

Only what every source shares belongs here. A row that cannot be used becomes a paper of status
`unusable` with one of the reason codes below. It is never dropped, so that counts add up.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relgen_assets.rows.models import Paper
from relgen_assets.sources.bibliography import NOTHING_TOLD, Bibliography
from relgen_assets.sources.control_text import without_control_tokens
from relgen_assets.sources.fields import Fields
from relgen_assets.sources.prose import (
    OPENING_TAKEN,
    SHORTENED,
    is_funding_notice,
    opening,
    shortened,
)
from relgen_assets.text.similarity import signature

DAMAGED_ROW = "damaged_row"
"""The row cannot be read: its line is not UTF-8, not JSON, or the like."""
NOT_A_STRING = "not_a_string"
"""The article is neither text nor a list of texts."""
EMPTY_ARTICLE = "empty_article"
"""The article is missing or blank."""
TOO_SHORT = "too_short"
"""The article has fewer than `SHORTEST_ARTICLE` characters, or fewer than `SHORTEST_BARE_ARTICLE`
and neither abstract nor headings, or it is only a notice of who paid for the work."""
NOT_TEXT = "not_text"
"""Fewer than `SMALLEST_LETTER_SHARE` of the article's characters are letters."""
NO_CONTEXT = "no_context"
"""It has no abstract, no section names and no opening that it could be summarised from."""
DUPLICATE_ID = "duplicate_id"
"""An earlier row of the batch has the same id, or the same content where ids are hashes."""

REASONS = (DAMAGED_ROW, NOT_A_STRING, EMPTY_ARTICLE, TOO_SHORT, NOT_TEXT, NO_CONTEXT, DUPLICATE_ID)

SHORTEST_ARTICLE = 200
"""Characters an article must have, not counting white space at its ends."""
SHORTEST_BARE_ARTICLE = 500
"""Characters it must have if it has neither abstract nor section names of its own."""
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
        paper_id: The source's own id.
        has_id: Whether the source has ids; without one, a row then earns a remark.
        bibliography: Who wrote it and what it allows; always clean.
        place: Where the row stands, such as `papers.jsonl, line 26`.
        fault: Why the row cannot be read, in words; `None` if it can.
        remarks: What its source has noted about it.
    """

    article: object
    abstract: object
    section_names: object
    title: object = None
    paper_id: object = None
    has_id: bool = False
    bibliography: Bibliography = NOTHING_TOLD
    place: str = ""
    fault: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def wants_id(self) -> bool:
        """Whether an id is read, rather than a hash of the content taken."""
        return self.has_id or self.paper_id is not None


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
    if row.fault is not None:
        return _damaged(row, source)
    fields = Fields()
    text = fields.text("article", row.article, between="\n")
    abstract = clean_line(fields.optional("abstract", row.abstract))
    names = clean_section_names(fields.names("section_names", row.section_names))
    article = clean_text(text or "")
    title = clean_line(fields.optional("title", row.title))
    own_id = clean_line(fields.identifier("id", row.paper_id)) if row.wants_id else ""
    reason = _fault(article, bare=not abstract and not names) if text is not None else NOT_A_STRING
    if reason is None and not abstract and not names:
        abstract = opening(article)
        fields.remarks.append(OPENING_TAKEN)
        reason = None if abstract else NO_CONTEXT
    short = shortened(abstract)
    if short != abstract:
        fields.remarks.append(SHORTENED)
    paper = Paper(
        paper_id=own_id or _hash(row),
        source=source,
        title=title,
        abstract=short,
        section_names=names,
        article=article,
        status="used" if reason is None else "unusable",
        reason=reason,
        licence=row.bibliography.licence,
        doi=row.bibliography.doi,
        url=row.bibliography.url,
        authors=list(row.bibliography.authors),
        year=row.bibliography.year,
        place=row.place,
        remarks=[*row.remarks, *fields.remarks],
    )
    paper = without_control_tokens(paper)
    if reason is not None or not signed:
        return paper
    return paper.model_copy(update={"signature": signature(paper.article)})


def _damaged(row: RawRow, source: str) -> Paper:
    """Return the paper of a row that cannot be read; where it stands is its id."""
    digest = hashlib.sha256(f"{row.place}\x1f{row.fault}".encode("utf-8", "surrogatepass"))
    return Paper(
        paper_id=digest.hexdigest()[:16],
        source=source,
        title="",
        abstract="",
        section_names=[],
        article="",
        status="unusable",
        reason=DAMAGED_ROW,
        place=row.place,
        remarks=[f"row: {row.fault}"],
    )


def _fault(article: str, *, bare: bool) -> str | None:
    """Return why an article that is text cannot be used, or None.

    Args:
        article: The text.
        bare: It has neither abstract nor section names.
    """
    text = article.strip()
    if not text:
        return EMPTY_ARTICLE
    if len(text) < (SHORTEST_BARE_ARTICLE if bare else SHORTEST_ARTICLE) or is_funding_notice(text):
        return TOO_SHORT
    visible = "".join(text[:_LETTER_SAMPLE].split())
    if sum(map(_is_letter, visible)) < SMALLEST_LETTER_SHARE * len(visible):
        return NOT_TEXT
    return None


def _is_letter(character: str) -> bool:
    """Return whether a character is a letter, or a mark that scripts such as Hindi need."""
    return character.isalpha() or unicodedata.category(character) in ("Mn", "Mc")


def _hash(row: RawRow) -> str:
    """Return a hash of the row's content, for a row without an id."""
    content = "\x1f".join(str(value) for value in (row.title, row.abstract, row.article))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]
