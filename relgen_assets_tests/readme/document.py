"""What a document tells its reader to do, in the order written.

| form | what it is |
|---|---|
| indented by four spaces | commands of a shell, one a line |
| fence `python` | a program |
| fence `toml` | settings, to be put into `relgen.toml` |
| fence `text` | what the command right before it prints |
| fence without a language | an illustration |
| first column of a table | commands with what may follow them: ``| `relgen run [--missing]` |`` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_FENCE = "```"
_INDENT = "    "
_ROW = re.compile(r"\| `(relgen [^`]+)` \|")


class Form(Enum):
    """What a part of the document is."""

    shell = "shell"
    python = "python"
    settings = "toml"
    output = "text"
    illustration = ""
    table = "table"


_FENCED = {form.value: form for form in Form if form not in (Form.shell, Form.table)}


@dataclass(frozen=True)
class Step:
    """One thing to do, or what it is expected to print.

    Attributes:
        form: What it is.
        text: The command, program, settings or output; of a table all commands, one a line.
        line: Where it stands, from 1.
    """

    form: Form
    text: str
    line: int


def read_steps(document: str) -> list[Step]:
    """Return the steps of a document.

    Raises:
        ValueError: A fence has a language of which nothing is known, or does not end.
    """
    return list(_steps(document.splitlines()))


def _steps(lines: list[str]) -> Iterator[Step]:
    opened: tuple[Form, int] | None = None
    body: list[str] = []
    rows: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if rows and not line.startswith("|"):
            yield Step(Form.table, "\n".join(rows), number - len(rows))
            rows = []
        if line.startswith(_FENCE):
            if opened:
                yield Step(opened[0], "\n".join(body), opened[1])
                opened = None
            else:
                opened, body = (_form(line.removeprefix(_FENCE).strip(), number), number), []
        elif opened:
            body.append(line)
        elif line.startswith(_INDENT) and line.strip():
            yield Step(Form.shell, line.strip(), number)
        elif row := _ROW.match(line):
            rows.append(row[1].replace("\\|", "|"))
    if opened:
        raise ValueError(f"line {opened[1]}: this fence does not end")


def _form(language: str, line: int) -> Form:
    if language not in _FENCED:
        raise ValueError(f"line {line}: nothing is known of fences with the language {language!r}")
    return _FENCED[language]


def commands_of(synopsis: str) -> list[str]:
    """Return the command lines that a row of the table stands for: none of its options, and all.

    `relgen run [--batches KEY|FIRST:LAST] [--missing]` is `relgen run` and
    `relgen run --batches KEY --missing`; `relgen ledger stats|show ENTRY` is `relgen ledger stats`
    and `relgen ledger show ENTRY`.
    """
    required = re.sub(r" ?\[[^]]*\]", "", synopsis)
    bare = list(_alternatives(required))
    options = [next(iter(_alternatives(option))) for option in re.findall(r"\[([^]]*)\]", synopsis)]
    return [*bare, " ".join([bare[0], *options])] if options else bare


def _alternatives(words: str) -> Iterator[str]:
    """Yield a text once for each alternative, where `a|b` separates alternatives."""
    before, bar, _ = words.partition("|")
    if not bar:
        yield words
        return
    start, _, first = before.rpartition(" ")
    for alternative in (first + words[len(before) :]).split("|"):
        yield f"{start} {alternative}".strip()
