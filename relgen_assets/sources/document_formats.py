"""What one file says of its article, by format; sections keep their headings and their order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from relgen_assets.sources.bibliography import Bibliography
from relgen_assets.sources.cleaning import RawRow
from relgen_assets.sources.jats import jats
from relgen_assets.sources.unreadable_document import Unreadable

_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$")
_FENCE: Final = re.compile(r"^(?:```|~~~)")
_FRONT_MATTER: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIELD: Final = re.compile(r"^(\w+):[ \t]*[\"']?(.*?)[\"']?[ \t]*$", re.MULTILINE)
_ABSTRACT: Final = "abstract"
_PARSES: Final = ("pdf_parse", "latex_parse", "grobid_parse")
"""Where S2ORC keeps the text of a paper."""


def plain_text(content: bytes) -> RawRow:
    """Return a plain text; a short first line with a blank line below is its title."""
    text = _decoded(content)
    first, _, rest = text.strip().partition("\n")
    has_title = len(first) <= 200 and rest.startswith("\n")
    return RawRow(rest.strip() if has_title else text, None, None, first if has_title else None)


def markdown(content: bytes) -> RawRow:
    """Return a Markdown text: the first heading is the title, `Abstract` the abstract."""
    text = _decoded(content)
    fields: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        fields = {name.lower(): value for name, value in _FIELD.findall(front[1])}
        text = text[front.end() :]
    title = fields.get("title", "")
    parts: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in text.split("\n"):
        fenced ^= _FENCE.match(line) is not None
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            parts[-1][1].append(line)
        elif not title and heading[1] == "#":
            title = heading[2]
        else:
            parts.append((heading[2], []))
    abstract = fields.get(_ABSTRACT, "")
    if not abstract:
        abstract = next((_joined(p) for name, p in parts if name.lower() == _ABSTRACT), "")
    kept = [(name, lines) for name, lines in parts if name.lower() != _ABSTRACT]
    body = "\n\n".join(
        "\n".join(filter(None, (name, _joined(lines)))) for name, lines in kept if name or lines
    )
    return RawRow(body.strip(), abstract, [name for name, _ in kept if name], title)


def parsed_json(content: bytes) -> RawRow:
    """Return an article of S2ORC or CORD-19: `body_text`, a list of paragraphs with their section.

    Raises:
        Unreadable: It is not JSON, or has no `body_text`.
    """
    try:
        paper: Any = json.loads(_decoded(content))
    except ValueError as error:
        raise Unreadable(f"it is not JSON ({error})") from error
    if not isinstance(paper, dict):
        raise Unreadable("it does not hold one JSON object")
    parse: Any = next(
        (one for key in _PARSES if _has_body(one := paper.get(key))),
        paper,
    )
    if not _has_body(parse):
        raise Unreadable("it has no list `body_text`, as articles of S2ORC and CORD-19 have")
    told: Any = paper.get("metadata") if isinstance(paper.get("metadata"), Mapping) else {}
    text, names = _sections(parse["body_text"])
    return RawRow(
        article=text,
        abstract=paper.get("abstract") or parse.get("abstract"),
        section_names=names,
        title=paper.get("title") or told.get("title"),
        paper_id=paper.get("paper_id"),
        bibliography=Bibliography(
            doi=str(paper.get("doi") or told.get("doi") or ""),
            authors=tuple(_authors(told.get("authors") or paper.get("authors"))),
        ),
    )


def _has_body(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("body_text"), list)


def _sections(paragraphs: list[Any]) -> tuple[str, list[str]]:
    """Return the text of paragraphs under their headings, and the headings in order."""
    lines: list[str] = []
    names: list[str] = []
    for paragraph in paragraphs:
        if not isinstance(paragraph, Mapping) or not isinstance(paragraph.get("text"), str):
            continue
        name = paragraph.get("section")
        if isinstance(name, str) and name.strip() and names[-1:] != [name.strip()]:
            names.append(name.strip())
            lines.append(names[-1])
        lines.append(paragraph["text"])
    return "\n".join(lines), names


def _authors(value: object) -> list[str]:
    people = value if isinstance(value, list) else []
    names = (
        " ".join(str(one[key]) for key in ("first", "last") if one.get(key))
        for one in people
        if isinstance(one, Mapping)
    )
    return [name for name in names if name]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Unreadable(f"line {line} is not UTF-8") from error


FORMATS: Final[Mapping[str, Callable[[bytes], RawRow]]] = {
    ".txt": plain_text,
    ".md": markdown,
    ".markdown": markdown,
    ".json": parsed_json,
    ".xml": jats,
    ".nxml": jats,
}
"""What reads a file, by the extension of what it holds."""
