"""Finds what is wrong with the turns of a template: their order, placeholders and examples.

Servers fill a chat template with the turns, and many templates refuse turns that do not alternate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError

from relgen_assets.prompts.forms import Form
from relgen_assets.prompts.parsing import Role, TemplateFault, Turn
from relgen_assets.rows.answers import Answer, OpinionAnswer
from relgen_assets.rows.models import EntityList, TableRow
from resources.control_tokens import control_tokens_in

# Braces behind a letter, a backslash or another brace are TeX: \frac{a}{b}, x^{n}, x_{max}.
_NAMED: Final = re.compile(r"(?<![\w\\^}])\{\s*([A-Za-z_][\w-]*)\s*\}")
_ARTICLED: Final = {
    Answer: "an extraction",
    EntityList: "a list_of_entities",
    OpinionAnswer: "an opinion",
}
"""How a message names the form of an answer."""
_NO_EXAMPLES = (
    "an assistant turn: a trainer would learn this answer with every row, so student prompts have"
    " none. Remove the worked example."
)


def check(turns: Sequence[Turn], form: Form) -> list[TemplateFault]:
    """Return every fault of a template's turns; none if the template can be used."""
    if not turns:
        return [TemplateFault(1, "there is no turn: begin with a line `=== system ===`.")]
    faults = [*_order(turns), *_placeholders(turns, form), *_control_tokens(turns)]
    faults += [
        TemplateFault(turn.header, f"the {turn.role} turn is empty: write its text below.")
        for turn in turns
        if not turn.content
    ]
    for turn in turns:
        if turn.role == "assistant" and not form.examples:
            faults.append(TemplateFault(turn.header, _NO_EXAMPLES))
        elif turn.role == "assistant" and turn.content and form.answer is not None:
            faults += _example(turn, form.answer)
    return faults


def _order(turns: Sequence[Turn]) -> Iterator[TemplateFault]:
    """Yield what breaks the order: system, if any, then user and assistant by turns, user last."""
    before: Role | None = None
    for turn in turns:
        fault = _misplaced(turn.role, before)
        if fault:
            yield TemplateFault(turn.header, fault)
        before = turn.role
    if before != "user":
        yield TemplateFault(
            turns[-1].header, f"the last turn is {before}: end with `=== user ===`, the question."
        )


def _misplaced(role: Role, before: Role | None) -> str | None:
    if role == "system" and before is not None:
        return "the system turn has to be the first, and there is only one."
    if role == "assistant" and before != "user":
        return "an assistant turn answers a user turn: write `=== user ===` before it."
    if role == "user" and before == "user":
        return "two user turns in a row: put `=== assistant ===` between them, or join them."
    return None


def _placeholders(turns: Sequence[Turn], form: Form) -> Iterator[TemplateFault]:
    known = form.placeholders
    listed = ", ".join(f"{{{name}}}" for name in known)
    used: set[str] = set()
    for turn in turns:
        for name in known:
            for found in re.finditer(re.escape(f"{{{name}}}"), turn.content):
                line = turn.line_of(found.start())
                if turn.role == "assistant":
                    yield TemplateFault(
                        line, f"{{{name}}} in an assistant turn: answers are fixed."
                    )
                elif turn.content[max(found.start() - 1, 0) : found.end() + 1] == f"{{{{{name}}}}}":
                    yield TemplateFault(line, f"doubled braces: write {{{name}}}.")
                else:
                    used.add(name)
        if turn.role == "assistant":
            continue
        for found in _NAMED.finditer(turn.content):
            if found.group() not in {f"{{{name}}}" for name in known}:
                close = get_close_matches(found[1].casefold(), known, n=1)
                meant = f"did you mean {{{close[0]}}}?" if close else f"known here are {listed}."
                yield TemplateFault(
                    turn.line_of(found.start()), f"unknown placeholder {found.group()}: {meant}"
                )
    last = turns[-1]
    for name in form.required:
        if name not in used:
            yield TemplateFault(last.header, f"{{{name}}} is missing: put it into a user turn.")


def _control_tokens(turns: Sequence[Turn]) -> Iterator[TemplateFault]:
    """Yield the control tokens in turns, which no prompt or row of the dataset may hold."""
    for turn in turns:
        for place in control_tokens_in(turn.content):
            yield TemplateFault(
                turn.line_of(place.start),
                f"{place.token} is a control token, which servers and trainers write themselves:"
                " leave it out.",
            )


def _example(turn: Turn, form: type[TableRow]) -> Iterator[TemplateFault]:
    """Yield why the answer of a worked example does not have its form."""
    wrong = f"the answer of a worked example has to be {_ARTICLED[form]} as JSON"
    try:
        json.loads(turn.content)
        form.model_validate_json(turn.content)
    except json.JSONDecodeError as error:
        yield TemplateFault(turn.line_of(error.pos), f"{wrong}: {error.msg}.")
    except ValidationError as error:
        for one in error.errors(include_url=False):
            key = ".".join(str(part) for part in one["loc"]) or "the answer"
            yield TemplateFault(turn.start, f"{wrong}: {key}: {one['msg']}.")
    except (ValueError, RecursionError):
        yield TemplateFault(turn.start, f"{wrong}: numbers or nesting are too long.")
