"""The one way in for JSON from a server: bounded before it is parsed, typed before it is used.

Whatever does not fit is an `EndpointFault` of the server that sent it. JSON is UTF-8 (RFC 8259,
section 8.1), whatever charset a header claims. Python's parser reads NaN, numbers of any length and
lists of any depth; each of them has stopped a batch, so they are refused here.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, Final, NoReturn

from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt

MOST_DEPTH: Final = 64
"""Deepest nesting of objects and lists; descriptions of an API have about 20."""
MOST_DIGITS: Final = 40
"""Longest number, in characters."""
MOST_TOKENS: Final = 100_000_000
"""Largest count of tokens, and largest context; fits the integers of every database."""
MOST_SLOTS: Final = 4096
"""Most parallel requests that a server may claim."""
MOST_SECONDS: Final = 10_000_000.0
"""Longest duration, in seconds: four months."""
MOST_CHARACTERS: Final = 512
"""Longest name, in characters."""

_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""A string with all that is in it, or one bracket."""


class OverBudget(ValueError):
    """JSON that is nested too deeply, or holds a number that is too long."""


class NotFinite(ValueError):
    """JSON with a number that is NaN or infinite, which JSON does not have."""


def over_budget(what: str) -> EndpointFault:
    """Return the fault for an answer that is larger than a server may send."""
    return EndpointFault("over_budget", what, Disposition.server)


def bad_body(what: str) -> EndpointFault:
    """Return the fault for an answer in a form that no server should send."""
    return EndpointFault("bad_body", what, Disposition.server)


def parse(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        OverBudget: It is nested too deeply, or holds a number that is too long.
        NotFinite: It holds a number that is not finite.
        ValueError: It is no JSON.
    """
    if text.count("{") + text.count("[") > MOST_DEPTH:
        _check_depth(text)
    return _DECODER.decode(text)


def decode(data: bytes | str, where: str) -> Any:
    """Return the value of a JSON answer.

    Args:
        data: The whole body.
        where: What was read, for the fault.

    Raises:
        EndpointFault: The body is no JSON, or exceeds a bound.
    """
    text = data if isinstance(data, str) else as_text(data)
    try:
        return parse(text)
    except OverBudget as error:
        raise over_budget(f"{where}: {error}") from None
    except NotFinite as error:
        raise EndpointFault("not_finite", f"{where}: {error}", Disposition.server) from None
    except ValueError as error:
        raise bad_body(f"{where}: broken JSON: {excerpt(str(error))}") from None


def as_text(data: bytes) -> str:
    """Return the text of a body; bytes that are not UTF-8 become replacement characters."""
    return data.decode("utf-8-sig", errors="replace")


class Fields:
    """The members of a JSON object, each read with its type and within its bounds.

    A member that is missing or null reads as `None`, as an object or list as an empty one.

    Args:
        value: The parsed JSON.
        where: What was read, for the faults.

    Raises:
        EndpointFault: The value is no object.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise bad_body(f"{where} is {_shown(value)}, not an object")
        self._members: dict[str, Any] = value
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __bool__(self) -> bool:
        return bool(self._members)

    def raw(self, name: str) -> Any:
        """Return a member as it is."""
        return self._members.get(name)

    def text(self, name: str, most: int | None = MOST_CHARACTERS) -> str | None:
        """Return a text of at most `most` characters.

        Raises:
            EndpointFault: It is no text, or longer.
        """
        value = self._members.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or (most is not None and len(value) > most):
            self._refuse(name, value, "a text")
        return value

    def count(self, name: str, most: int = MOST_TOKENS) -> int | None:
        """Return a whole number from 0 to `most`.

        Raises:
            EndpointFault: It is something else.
        """
        value = self.number(name, most)
        if value is not None and value != int(value):
            self._refuse(name, value, "a whole number")
        return None if value is None else int(value)

    def number(self, name: str, most: float = MOST_SECONDS) -> float | None:
        """Return a finite number from 0 to `most`.

        Raises:
            EndpointFault: It is something else.
        """
        value = self._members.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            self._refuse(name, value, f"a number from 0 to {most:,.0f}")
        return value

    def inside(self, name: str) -> Fields:
        """Return an object inside this one.

        Raises:
            EndpointFault: It is something else.
        """
        value = self._members.get(name)
        return Fields({} if value is None else value, f"`{name}` of {self._where}")

    def each(self, name: str) -> list[Fields]:
        """Return the objects of a list inside this one.

        Raises:
            EndpointFault: It is something else, or one of its items is.
        """
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self._refuse(name, value, "a list")
        return [Fields(one, f"an item of `{name}` of {self._where}") for one in value]

    def _refuse(self, name: str, value: Any, wanted: str) -> NoReturn:
        raise bad_body(f"`{name}` of {self._where} is {_shown(value)}, not {wanted}")


def _shown(value: Any) -> str:
    """Return a value in a few characters."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= MOST_DIGITS else f"{text[:MOST_DIGITS]}…"


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise OverBudget(f"nested more than {MOST_DEPTH} deep")
        elif first in "]}":
            depth -= 1


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise OverBudget(f"a number of {len(digits)} digits")
    return int(digits)


def _real(digits: str) -> float:
    if len(digits) > MOST_DIGITS:
        raise OverBudget(f"a number of {len(digits)} digits")
    value = float(digits)
    if not isfinite(value):
        raise NotFinite(f"{digits} is not a finite number")
    return value


def _constant(name: str) -> NoReturn:
    raise NotFinite(f"{name} is not a number of JSON")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_real, parse_constant=_constant)
