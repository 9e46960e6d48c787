"""What can go wrong on one endpoint, and whose fault it is.

Every exception and every unusable answer becomes an `EndpointFault` with a short code and a
disposition. The disposition says what the fault means for the request and for the endpoint; what
is then done about it (requeue, wait, open the breaker) belongs to the dispatcher. Errors that a
person reads belong to `resources.errors`.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from time import time
from typing import Any

import httpx2
import openai


class Disposition(str, Enum):
    """Whose fault it is, and therefore what happens next."""

    server = "server"
    """The server's fault: requeue elsewhere and count it against the endpoint."""
    loading = "loading"
    """The server is not ready yet: wait, and charge nobody."""
    throttled = "throttled"
    """The server asks for a pause: wait `retry_after` seconds."""
    context = "context"
    """This prompt is too long for this endpoint's context."""
    overload = "overload"
    """The slots together overflow the context: requeue, and use fewer slots."""
    schema = "schema"
    """This endpoint does not take this schema, now or later."""
    auth = "auth"
    """The configuration of the endpoint is wrong (key or model): take it out."""
    request = "request"
    """The request is wrong wherever it goes."""


class EndpointFault(Exception):
    """One failed exchange with one endpoint.

    Args:
        kind: Short code, e.g. `refused`, `http_500`, `context_exceeded`.
        detail: What was seen, in a sentence, without secrets.
        disposition: Whose fault it is.
        retry_after: Seconds the server asked to wait, when it said so.
        context: Context of the endpoint in tokens, when the server said it.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        disposition: Disposition,
        *,
        retry_after: float | None = None,
        context: int | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.disposition = disposition
        self.retry_after = retry_after
        self.context = context
        super().__init__(kind, detail)

    def __str__(self) -> str:
        """Return the code and what was seen."""
        return f"{self.kind}: {self.detail}"


DETAIL_LENGTH = 300
"""Longest excerpt of a server's answer that is kept, in characters."""

_CONTEXT_SIZES = re.compile(
    r"context (?:length|size|window)[^0-9]{0,24}(\d+)|n_ctx[^0-9]{1,4}(\d+)", re.IGNORECASE
)
_PROMPT_TOO_LONG = re.compile(
    r"exceed[_s]*_?context|exceeds? the (?:available )?context|maximum context length"
    r"|exceed context window|context_length_exceeded|input length exceeds|prompt is too long"
    r"|longer than the maximum model length",
    re.IGNORECASE,
)
_OVERFLOW = re.compile(
    r"context size has been exceeded|failed to find a memory slot", re.IGNORECASE
)
_SCHEMA = re.compile(
    r"grammar|json[ _]schema|response_format|guided|structured[ _]output", re.IGNORECASE
)
_LOADING = re.compile(r"loading model|unavailable_error|model is loading", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(\.\d+)?$")
_NO_MODEL = re.compile(
    r"model[^.]{0,120}(?:not found|does not exist)|model_not_found", re.IGNORECASE
)


def from_status(
    status: int, body: str, headers: Mapping[str, str], *, key_variable: str | None
) -> EndpointFault:
    """Return the fault that an answer with an error status stands for.

    Args:
        status: HTTP status, or the code of an error event inside a stream.
        body: Text of the answer; only a short excerpt of it is kept.
        headers: Headers of the answer, for `Retry-After`.
        key_variable: Environment variable that holds the endpoint's key, named in the detail.
    """
    message = error_message(body)
    pause = retry_after(headers)
    if status in (401, 403):
        return EndpointFault("auth", _key_detail(status, key_variable), Disposition.auth)
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
    if status == 503 and pause is not None:
        return EndpointFault("throttled", message, Disposition.throttled, retry_after=pause)
    if status in (400, 404) and _NO_MODEL.search(body):
        return EndpointFault("model_not_found", message, Disposition.auth)
    if _SCHEMA.search(message) and (status in (400, 422, 500)):
        return EndpointFault("schema_rejected", message, Disposition.schema)
    if status >= 500 or status < 400 or status in (404, 405, 408):
        return EndpointFault(f"http_{status}", f"HTTP {status}: {message}", Disposition.server)
    return EndpointFault(f"http_{status}", f"HTTP {status}: {message}", Disposition.request)


def from_exception(error: BaseException, *, key_variable: str | None = None) -> EndpointFault:
    """Return the fault that an exception of the HTTP client stands for.

    Args:
        error: Exception of `openai`, `httpx2` or the network below them.
        key_variable: Environment variable that holds the endpoint's key.
    """
    if isinstance(error, EndpointFault):
        return error
    if isinstance(error, openai.APIStatusError):
        return from_status(
            error.status_code,
            error.response.text,
            error.response.headers,
            key_variable=key_variable,
        )
    causes = list(_causes(error))
    for matches, kind, sentence in _NETWORK_FAULTS:
        cause = next((cause for cause in causes if isinstance(cause, matches)), None)
        if cause is not None:
            detail = f"{sentence} ({_excerpt(str(cause)) or type(cause).__name__})"
            return EndpointFault(kind, detail, Disposition.server)
    root = causes[-1]
    detail = f"{type(root).__name__}: {_excerpt(str(root))}"
    return EndpointFault("connection", detail, Disposition.server)


_NETWORK_FAULTS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    ((socket.gaierror,), "dns", "the host name does not resolve"),
    ((ssl.SSLError, ssl.CertificateError), "tls", "no trusted TLS connection"),
    ((ConnectionRefusedError,), "refused", "the connection was refused"),
    ((ConnectionResetError, BrokenPipeError), "reset", "the connection was reset"),
    ((httpx2.TimeoutException, TimeoutError), "timeout", "no connection in time"),
    ((httpx2.RemoteProtocolError,), "reset", "the connection closed before the answer ended"),
    ((httpx2.ReadError, httpx2.WriteError), "reset", "the connection was lost"),
    ((httpx2.DecodingError,), "bad_body", "the answer cannot be decoded"),
)
"""Most specific first: the first class found among the causes names the fault."""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and everything it came from, outermost first."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
        waiting += [link for link in (current.__cause__, current.__context__) if link]


def error_message(body: str) -> str:
    """Return the message inside an error answer, or an excerpt of the answer itself."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return _excerpt(body) or "(empty answer)"
    error = value.get("error", value) if isinstance(value, dict) else value
    message = error.get("message") if isinstance(error, dict) else error
    return _excerpt(str(message or body))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds that `Retry-After` asks for, or None.

    The header holds seconds or an HTTP date (RFC 9110, section 10.2.3).
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        if _NUMBER.match(value):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return None


def context_in(body: str) -> int | None:
    """Return the context size in tokens that an error answer names, or None."""
    match = _CONTEXT_SIZES.search(body)
    return int(match.group(1) or match.group(2)) if match else None


def _key_detail(status: int, key_variable: str | None) -> str:
    if key_variable is None:
        return f"HTTP {status}: the server wants a key and the endpoint names no `api_key_env`"
    return f"HTTP {status}: the server refuses the key in the variable {key_variable}"


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= DETAIL_LENGTH else flat[: DETAIL_LENGTH - 1] + "…"
