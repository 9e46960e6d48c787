"""The events of a stream, each with its JSON: whole at an empty line, or as soon as it can be.

Several servers write one JSON object per line and forget the empty line behind it, so the data of
one line that are a whole object are an event at once. Data on several lines are joined, as the
specification says.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from resources.llama_server_pool.servers.decoding import OverBudget, decode, over_budget, parse
from resources.llama_server_pool.servers.event_lines import (
    END_OF_EVENT,
    LINE_BYTES,
    EventLines,
    Field,
)

DONE: Final = "[DONE]"
"""Data of the event that ends a stream."""
EVENT: Final = "an event of the answer"
"""How faults call an event."""


class Event(NamedTuple):
    """One event.

    Attributes:
        data: Its data, as text.
        value: The JSON in its data; `None` at the end of the stream, empty for most errors.
        is_error: Whether its type says that it is an error.
    """

    data: str
    value: Any
    is_error: bool


class Events:
    """Reads events from the bytes of a stream.

    Attributes:
        foreign: The first line that belongs to no event, if there is any.
    """

    def __init__(self) -> None:
        self.foreign = ""
        self._lines = EventLines()
        self._data: list[str] = []
        self._size = 0
        self._is_error = False

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that this piece completes.

        Raises:
            EndpointFault: An event is no JSON, or exceeds a bound.
        """
        return self._events(self._lines.feed(piece))

    def end(self) -> list[Event]:
        """Return the event that nothing has ended.

        Raises:
            EndpointFault: As `feed`.
        """
        return self._events([*self._lines.end(), END_OF_EVENT])

    def _events(self, fields: list[Field]) -> list[Event]:
        found = (self._take(field) for field in fields)
        return [event for event in found if event is not None]

    def _take(self, field: Field) -> Event | None:
        match field.name:
            case "data":
                return self._take_data(field.value)
            case "error":  # llama.cpp once wrote errors so
                return Event(field.value, {}, is_error=True)
            case "event":
                self._is_error = field.value == "error"
            case "":
                return self._end()
            case "id" | "retry":
                pass
            case other:
                self.foreign = self.foreign or other
        return None

    def _take_data(self, value: str) -> Event | None:
        if not self._data:
            data = value.strip()
            if data == DONE:
                return Event(data, None, is_error=False)
            if data[:1] == "{" and data[-1:] == "}":
                try:
                    return Event(data, parse(data), self._is_error)
                except OverBudget as error:
                    raise over_budget(f"{EVENT}: {error}") from None
                except ValueError:
                    pass  # the first of several lines, or broken: the end of the event tells
        self._data.append(value)
        self._size += len(value)
        if self._size > LINE_BYTES:
            raise over_budget(f"{EVENT}: more than {LINE_BYTES:,} characters")
        return None

    def _end(self) -> Event | None:
        data, is_error = "\n".join(self._data).strip(), self._is_error
        self._data, self._size, self._is_error = [], 0, False
        if not data:
            return None
        return Event(data, {} if is_error else decode(data, EVENT), is_error)
