"""JATS, the XML of PubMed Central: title, abstract, sections, and what the article allows.

Tables, figures, formulas and references are no prose and left out of the text. No entity is read
from elsewhere, and a document that declares entities of its own is refused: expanding them could
fill the memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET  # entities are refused before it parses

from relgen_assets.sources.bibliography import Bibliography
from relgen_assets.sources.cleaning import RawRow
from relgen_assets.sources.unreadable_document import Unreadable

_NO_PROSE: Final = frozenset(
    {
        *("table-wrap", "table", "fig", "fig-group", "media", "graphic", "boxed-text"),
        *("disp-formula", "inline-formula", "tex-math", "math"),
        *("ref-list", "fn-group", "supplementary-material", "xref", "label"),
    }
)
_PARAGRAPHS: Final = frozenset({"p", "title", "list-item", "disp-quote"})
_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
_LINK: Final = "{http://www.w3.org/1999/xlink}href"


def jats(content: bytes) -> RawRow:
    """Return an article of JATS.

    Raises:
        Unreadable: It is not XML, declares entities, or holds no article.
    """
    if _ENTITY.search(content):
        raise Unreadable("it declares entities of its own")
    try:
        root = ET.fromstring(content)  # noqa: S314  see above
    except (ET.ParseError, RecursionError) as error:
        raise Unreadable(f"it is not XML ({error})") from error
    for element in root.iter():
        if isinstance(element.tag, str):
            is_formula = "mathml" in element.tag.lower()
            element.tag = "math" if is_formula else element.tag.rpartition("}")[2]
    article = root if root.tag == "article" else root.find(".//article")
    if article is None:
        raise Unreadable("it has no element `article`")
    front = article.find("front")
    front = article if front is None else front
    body = article.find("body")
    ids = {one.get("pub-id-type"): _text(one) for one in front.iter("article-id")}
    return RawRow(
        article="" if body is None else "\n".join(_lines(body)),
        abstract=_abstract(front),
        section_names=[] if body is None else _names(body),
        title=_text(front.find(".//article-title")),
        paper_id=ids.get("pmc") or ids.get("pmcid") or ids.get("pmid") or ids.get("doi"),
        bibliography=Bibliography(
            licence=_licence(front),
            doi=ids.get("doi", ""),
            authors=tuple(_authors(front)),
            year=next((int(t) for y in front.iter("year") if (t := _text(y)).isdigit()), None),
        ),
    )


def _lines(element: ET.Element) -> Iterator[str]:
    """Yield headings and paragraphs in order, each on one line."""
    for child in element:
        if child.tag in _NO_PROSE:
            continue
        if child.tag in _PARAGRAPHS:
            if line := _text(child):
                yield line
        else:
            yield from _lines(child)


def _names(body: ET.Element) -> list[str]:
    return [name for section in body.iter("sec") if (name := _text(section.find("title")))]


def _abstract(front: ET.Element) -> str:
    """Return the abstract of the article, rather than a graphical one or one for laymen."""
    found = list(front.iter("abstract"))
    main = next((one for one in found if one.get("abstract-type") is None), None)
    main = found[0] if main is None and found else main
    return "" if main is None else "\n".join(_lines(main))


def _licence(front: ET.Element) -> str:
    for licence in front.iter("license"):
        links = (one.get(_LINK) for one in licence.iter())
        return next(filter(None, links), None) or licence.get("license-type") or _text(licence)
    return ""


def _authors(front: ET.Element) -> Iterator[str]:
    for person in front.iter("contrib"):
        if person.get("contrib-type") in (None, "author"):
            parts = (_text(person.find(f".//{name}")) for name in ("given-names", "surname"))
            if name := " ".join(filter(None, parts)):
                yield name


def _text(element: ET.Element | None) -> str:
    return "" if element is None else " ".join("".join(_pieces(element)).split())


def _pieces(element: ET.Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag not in _NO_PROSE or child.tag == "xref":
            yield from _pieces(child)
        yield child.tail or ""
