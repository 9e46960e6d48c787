"""Which part of a connection failed, according to an exception of the HTTP client."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2
import openai

from resources.llama_server_pool.servers.error_answers import from_status
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt

NETWORK_ERRORS = (openai.APIError, httpx2.RequestError, httpx2.StreamError, ssl.SSLError, OSError)
"""The exceptions with which the HTTP client and the network layer report a failed exchange."""

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
"""Most specific first: the first class found among the causes determines the fault."""


def from_exception(error: BaseException, *, key_variable: str | None = None) -> EndpointFault:
    """Return the fault for an exception of the HTTP client.

    Args:
        error: Exception of `openai`, `httpx2` or the network layer.
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
            detail = f"{sentence} ({excerpt(str(cause)) or type(cause).__name__})"
            return EndpointFault(kind, detail, Disposition.server)
    root = causes[-1]
    detail = f"{type(root).__name__}: {excerpt(str(root))}"
    return EndpointFault("connection", detail, Disposition.server)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all its causes, outermost first."""
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
