"""What an HTTP error answer means: its status, its headers and the words of its body.

Statuses mean the same everywhere. The words differ between servers, so each server type lists its
own. All of them are looked for in every answer, because a proxy may hide which server answered, and
an error may come before the server was recognised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Final

from resources.llama_server_pool.servers.decoding import MOST_TOKENS, parse
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt
from resources.llama_server_pool.servers.registry import SERVER_TYPES
from resources.llama_server_pool.servers.server_type import ErrorPhrases

_CONTEXT_SIZES = re.compile(
    r"(?:context (?:length|size|window)(?! \(n_keep)[^0-9]{0,24}|n_ctx[^0-9]{1,4}"
    r"|max_new_tokens. must be <= |inputs. must have less than )(\d{1,9})(?!\d)",
    re.IGNORECASE,
)
LONGEST_PAUSE: Final = 3600.0
"""Longest pause that a server may ask for, in seconds; it is asked again after that."""
_NUMBER = re.compile(r"\d+(\.\d+)?$")
_PHRASES: list[ErrorPhrases] = [one.error_phrases for one in SERVER_TYPES.values()]


def _any_of(phrases: list[tuple[str, ...]]) -> re.Pattern[str]:
    return re.compile("|".join(one for some in phrases for one in some), re.IGNORECASE)


_PROMPT_TOO_LONG = _any_of([words.prompt_too_long for words in _PHRASES])
_OVERFLOW = _any_of([words.overflow for words in _PHRASES])
_LOADING = _any_of([words.loading for words in _PHRASES])
_NO_MODEL = _any_of([words.no_model for words in _PHRASES])
_SCHEMA = _any_of([words.schema for words in _PHRASES])
_BUSY = _any_of([words.busy for words in _PHRASES])


def from_status(
    status: int, body: str, headers: Mapping[str, str], *, key_place: str | None
) -> EndpointFault:
    """Return the fault for an answer with an error status.

    Args:
        status: HTTP status, or the code of an error event inside a stream.
        body: Text of the answer; only a short excerpt of it is kept.
        headers: Headers of the answer, for `Retry-After`.
        key_place: Where the endpoint's key is, named in the detail.
    """
    message = error_message(body)
    pause = retry_after(headers)
    if status in (401, 403):
        return EndpointFault("auth", _key_detail(status, key_place), Disposition.auth)
    if status == 429:
        detail = f"the server asks to slow down: {message}"
        return EndpointFault("throttled", detail, Disposition.throttled, retry_after=pause)
    if _OVERFLOW.search(body) and status >= 500:
        return EndpointFault("context_overflow", message, Disposition.overload)
    if _PROMPT_TOO_LONG.search(body):
        size = context_in(body)
        return EndpointFault("context_exceeded", message, Disposition.context, context=size)
    if status == 503 and _LOADING.search(body):
        return EndpointFault("loading", message, Disposition.loading, retry_after=pause)
    if status == 503 and (pause is not None or _BUSY.search(body)):
        return EndpointFault("throttled", message, Disposition.throttled, retry_after=pause)
    if status in (400, 404) and _NO_MODEL.search(body):
        return EndpointFault("model_not_found", message, Disposition.auth)
    if _SCHEMA.search(message) and (status in (400, 422, 500)):
        return EndpointFault("schema_rejected", message, Disposition.schema)
    if status >= 500 or status < 400 or status in (404, 405, 408):
        return EndpointFault(f"http_{status}", f"HTTP {status}: {message}", Disposition.server)
    return EndpointFault(f"http_{status}", f"HTTP {status}: {message}", Disposition.request)


def error_message(body: str) -> str:
    """Return the message inside an error answer, or an excerpt of the answer itself."""
    try:
        value: Any = parse(body)
    except ValueError:
        return excerpt(body) or "(empty answer)"
    error = value.get("error", value) if isinstance(value, dict) else value
    message = error.get("message") if isinstance(error, dict) else error
    return excerpt(str(message or body))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds that `Retry-After` asks for; None if there is none.

    The header holds seconds or an HTTP date (RFC 9110, section 10.2.3).
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        if _NUMBER.match(value):
            seconds = float(value)
        else:
            seconds = max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None
    return min(seconds, LONGEST_PAUSE)


def context_in(body: str) -> int | None:
    """Return the context size in tokens that an error answer names; None if there is none."""
    match = _CONTEXT_SIZES.search(body)
    size = int(match.group(1)) if match else 0
    return size if 0 < size <= MOST_TOKENS else None


def wrong_type(content_type: str, body: str) -> EndpointFault:
    """Return the fault for a successful answer of the wrong type."""
    if "html" in content_type or body.lstrip()[:1] == "<":
        return EndpointFault("html", "an HTML page instead of an answer", Disposition.server)
    detail = f"content type {content_type!r} instead of an event stream"
    return EndpointFault("bad_body", detail, Disposition.server)


def _key_detail(status: int, key_place: str | None) -> str:
    if key_place is None:
        return (
            f"HTTP {status}: the server requires a key, but the endpoint sets no `api_key_env`"
            " or `api_key_file`"
        )
    return f"HTTP {status}: the server refuses the key in {key_place}"
