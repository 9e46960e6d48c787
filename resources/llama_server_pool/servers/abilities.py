"""What an endpoint takes of a request, and what is sent to one that takes less. Pure.

Servers refuse what others need: a system turn, `seed`, `stream_options`, a keyword of a schema.
Their words say which, so the same request is sent again without it. Whatever is left out or
reworded, the model is told the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final, Literal

from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

LongestAnswer = Literal["max_tokens", "max_completion_tokens", ""]
"""Member that bounds the length of an answer; empty if none does."""


class SchemaForm(IntEnum):
    """How much of a JSON schema a server takes; less is sent from one to the next."""

    full = 0
    """All of it."""
    plain = 1
    """Without lower bounds of lengths, which some grammar engines refuse."""
    bare = 2
    """Without any bounds and patterns."""
    none = 3
    """No schema: answers need repair."""


_LOWER_BOUNDS = frozenset({"minItems", "minLength", "uniqueItems"})
_BOUNDS = _LOWER_BOUNDS | {"maxItems", "maxLength", "pattern", "format", "minimum", "maximum"}
_LEFT_OUT: Final[Mapping[SchemaForm, frozenset[str]]] = {
    SchemaForm.full: frozenset(),
    SchemaForm.plain: _LOWER_BOUNDS,
    SchemaForm.bare: _BOUNDS,
}
_SYSTEM = re.compile(
    r"system[_ ]?(?:role|message|prompt|instruction)|role[^.]{0,24}\bsystem\b"
    r"|only (?:support )?user[^.]{0,24}assistant",
    re.IGNORECASE,
)
_ALTERNATE = re.compile(r"\balternat(?:e|ing|ion)", re.IGNORECASE)
_LENGTH = re.compile(r"max_(?:completion_)?tokens", re.IGNORECASE)
_SCHEMA = re.compile(
    r"response_?format|json[ _]?schema|grammar|guided|structured[ _]?output"
    r"|m(?:in|ax)(?:Items|Length)|\bpattern\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What one endpoint takes; at first, everything.

    Attributes:
        system_turn: Whether a turn may have the role `system`.
        free_turns: Whether two turns in a row may have the same role.
        stream_options: Whether it may be asked for token counts.
        seed: Whether it may be told a seed.
        length: How it is told the longest answer.
        schema: How much of a schema it takes.
    """

    system_turn: bool = True
    free_turns: bool = True
    stream_options: bool = True
    seed: bool = True
    length: LongestAnswer = "max_tokens"
    schema: SchemaForm = SchemaForm.full

    def fit(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the JSON of a request as this endpoint takes it."""
        fitted = dict(body)
        turns = list(body["messages"])
        if not self.system_turn:
            turns = list(_merged(_told_by_user(turns)))
        elif not self.free_turns:
            turns = list(_merged(turns))
        fitted["messages"] = turns
        if not self.stream_options:
            fitted.pop("stream_options", None)
        if not self.seed:
            fitted.pop("seed", None)
        if self.length != "max_tokens" and "max_tokens" in fitted:
            longest = fitted.pop("max_tokens")
            if self.length:
                fitted[self.length] = longest
        if "response_format" in fitted:
            if self.schema is SchemaForm.none:
                del fitted["response_format"]
            else:
                fitted["response_format"] = _without(
                    fitted["response_format"], _LEFT_OUT[self.schema]
                )
        return fitted

    def after(self, refusal: EndpointFault, body: Mapping[str, Any]) -> Abilities | None:
        """Return what an endpoint takes according to its refusal; `None` if that says nothing.

        Args:
            refusal: The fault with which it answered.
            body: What was asked, before it was fitted.
        """
        words = refusal.detail
        is_schema = refusal.disposition is Disposition.schema
        if not is_schema and not refusal.kind.startswith("http_"):
            return None
        if "stream_options" in words and self.stream_options:
            return replace(self, stream_options=False)
        if re.search(r"\bseed\b", words, re.IGNORECASE) and self.seed and "seed" in body:
            return replace(self, seed=False)
        if _LENGTH.search(words) and self.length:
            takes_newer = self.length == "max_tokens" and "max_completion_tokens" in words
            return replace(self, length="max_completion_tokens" if takes_newer else "")
        if self.system_turn and (_SYSTEM.search(words) or _ALTERNATE.search(words)):
            return replace(self, system_turn=False, free_turns=False)
        if "response_format" in body and (is_schema or _SCHEMA.search(words)):
            return self.with_less_schema()
        return None

    def with_less_schema(self) -> Abilities | None:
        """Return the same with less of a schema; `None` if none is sent already."""
        if self.schema is SchemaForm.none:
            return None
        return replace(self, schema=SchemaForm(self.schema + 1))

    def guesses(self) -> Iterator[Abilities]:
        """Yield what an endpoint may take that refuses a request without saying why."""
        yield replace(self, stream_options=False)
        yield replace(self, system_turn=False, free_turns=False)
        yield replace(self, seed=False)
        yield replace(self, schema=SchemaForm.bare)
        yield replace(self, schema=SchemaForm.none)
        yield replace(self, length="max_completion_tokens")
        yield Abilities(False, False, False, False, "max_tokens", SchemaForm.none)

    def told(self) -> str:
        """Return in words what the endpoint does not take; empty if it takes everything."""
        parts = {
            "system turns": not self.system_turn,
            "turns of one role in a row": not self.free_turns and self.system_turn,
            "stream_options": not self.stream_options,
            "seed": not self.seed,
            "max_tokens": self.length != "max_tokens",
            "JSON schemas": self.schema is SchemaForm.none,
            "bounds in JSON schemas": self.schema is SchemaForm.bare,
            "minItems and minLength": self.schema is SchemaForm.plain,
        }
        return ", ".join(name for name, missing in parts.items() if missing)


def _told_by_user(turns: Iterable[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Yield the turns with those of the system put in front of what the user says next."""
    waiting: list[str] = []
    for turn in turns:
        if turn["role"] == "system":
            waiting.append(turn["content"])
        elif turn["role"] == "user" and waiting:
            yield {**turn, "content": "\n\n".join([*waiting, turn["content"]])}
            waiting = []
        else:
            yield dict(turn)
    if waiting:
        yield {"role": "user", "content": "\n\n".join(waiting)}


def _merged(turns: Iterable[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Yield the turns with those of one role in a row made one."""
    last: dict[str, str] | None = None
    for turn in turns:
        if last is not None and last["role"] == turn["role"]:
            last["content"] += f"\n\n{turn['content']}"
            continue
        if last is not None:
            yield last
        last = dict(turn)
    if last is not None:
        yield last


def _without(schema: Any, keywords: frozenset[str]) -> Any:
    """Return a schema without some keywords; names of properties are no keywords."""
    if isinstance(schema, list):
        return [_without(one, keywords) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: {inner: _without(one, keywords) for inner, one in value.items()}
        if name in ("properties", "$defs", "definitions") and isinstance(value, Mapping)
        else value
        if name in ("enum", "const")
        else _without(value, keywords)
        for name, value in schema.items()
        if name not in keywords
    }
