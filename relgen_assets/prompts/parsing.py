"""Reads a template: bytes to text, text to chat turns, with a fault for each line that looks wrong.

Whether the turns make a usable prompt is decided in `checking`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, get_args

Role = Literal["system", "user", "assistant"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

_HEADER = re.compile(r"=== (system|user|assistant) ===[ \t]*")
_MARKED = re.compile(r"(?P<before>[=#~-]*)\s*(?P<words>.*?)\s*(?P<after>[=#~-]*)")
_LINE_ENDS = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FOREIGN_MARKS = {
    codecs.BOM_UTF8: "begins with a byte order mark",
    codecs.BOM_UTF16_LE: "is UTF-16",
    codecs.BOM_UTF16_BE: "is UTF-16",
}
_LIKE_A_ROLE = 0.6
"""Similarity above which a word is taken for a misspelled role; `history` is at 0.3."""


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """One thing that is wrong with a template.

    Attributes:
        line: Line of the file, from 1.
        what: The fault and how to mend it.
    """

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One chat turn of a template.

    Attributes:
        role: Who speaks.
        content: What is said, with placeholders, without blank space around it.
        header: Line of the header, from 1.
        start: Line on which `content` begins.
    """

    role: Role
    content: str
    header: int
    start: int

    def line_of(self, offset: int) -> int:
        """Return the line of the file on which a character of `content` stands."""
        return self.start + self.content.count("\n", 0, offset)


def decode(data: bytes) -> str | TemplateFault:
    """Return the text of a file with every line end as a newline, or why it is none."""
    for mark, found in _FOREIGN_MARKS.items():
        if data.startswith(mark):
            return TemplateFault(1, f"the file {found}: save it as UTF-8 without a mark.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        line = _LINE_ENDS.sub("\n", data[: error.start].decode("utf-8")).count("\n") + 1
        return TemplateFault(line, f"byte 0x{byte:02x} is not UTF-8: save the file as UTF-8.")
    return _LINE_ENDS.sub("\n", text)


def parse(text: str) -> tuple[list[Turn], list[TemplateFault]]:
    """Return the turns of a template, and a fault for each line that cannot be meant as it is."""
    turns: list[Turn] = []
    faults: list[TemplateFault] = []
    lines = text.split("\n")
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := _header(line))]
    first = headers[0][0] if headers else len(lines)
    before = next((at for at, line in enumerate(lines[:first]) if line.strip()), None)
    if before is not None and not _looks_like_header(lines[before]):
        faults.append(
            TemplateFault(before + 1, "text before the first header: begin with `=== system ===`.")
        )
    for at, line in enumerate(lines):
        if _header(line) is None and _looks_like_header(line):
            faults.append(TemplateFault(at + 1, _not_a_header(line)))
        if (control := _CONTROL.search(line)) is not None:
            code = f"U+{ord(control.group()):04X}"
            faults.append(TemplateFault(at + 1, f"the control character {code}: remove it."))
    ends = [at for at, _ in headers[1:]] + [len(lines)]
    for (at, role), end in zip(headers, ends, strict=False):
        content = "\n".join(lines[at + 1 : end])
        blank = content[: len(content) - len(content.lstrip())].count("\n")
        turns.append(Turn(ROLES[ROLES.index(role)], content.strip(), at + 1, at + 2 + blank))
    return turns, faults


def _header(line: str) -> re.Match[str] | None:
    return _HEADER.fullmatch(line)


def _looks_like_header(line: str) -> bool:
    """Return whether a line that is no header was probably meant as one.

    Three equals signs open or close it, or marks such as `==` or `---` surround a role.
    """
    seen = _visible(line)
    marked = _MARKED.fullmatch(seen)
    if marked is None or not seen.strip("="):
        return False  # a line of nothing but equals signs underlines a title
    before, after = marked["before"], marked["after"]
    if before.startswith("===") or after.endswith("==="):
        return True
    framed = bool(before and after) or "=" in before + after
    return framed and _closest_role(marked["words"]) is not None


def _not_a_header(line: str) -> str:
    marked = _MARKED.fullmatch(_visible(line))
    role = _closest_role(marked["words"]) if marked else None
    meant = f"write `=== {role} ===`" if role else f"the roles are {', '.join(ROLES)}"
    return f"{line.strip()[:40]!r} is not a header: {meant}."


def _closest_role(words: str) -> str | None:
    found = get_close_matches(words.casefold(), ROLES, n=1, cutoff=_LIKE_A_ROLE)
    return found[0] if found else None


def _visible(line: str) -> str:
    """Return a line as it looks: without invisible characters, wide signs as narrow ones."""
    seen = (one for one in line if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFKC", "".join(seen)).strip()
