"""Which part of a connection failed, according to an exception of the HTTP client."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator

import httpx2
import openai

from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt

NETWORK_ERRORS = (
    openai.APIConnectionError,
    httpx2.RequestError,
    httpx2.StreamError,
    ssl.SSLError,
    OSError,
)
"""With these the SDK, the HTTP client and the network layer report a failed exchange."""

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
_EXPLAINED = ("tls", "bad_body")
"""Kinds of fault whose exceptions say more than the sentence, such as what a certificate lacks."""
_FOR_CODE = re.compile(r"^\[[^]]*\] ?| ?\(_ssl\.c:\d+\)")
"""What only code reads in the text of an exception: `[Errno 111] `, ` (_ssl.c:1006)`."""


def from_exception(error: BaseException, *, address: str) -> EndpointFault:
    """Return the fault for an exception of the HTTP client.

    Args:
        error: Exception of `openai`, `httpx2` or the network layer.
        address: Host and port of the server, which people need to look at it.
    """
    # The SDK wraps what was raised below it. A fault in `__context__` may be of another request.
    own = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(own, EndpointFault):
        return own
    causes = list(_causes(error))
    for matches, kind, sentence in _NETWORK_FAULTS:
        cause = next((cause for cause in causes if isinstance(cause, matches)), None)
        if cause is not None:
            told = _words(cause) if kind in _EXPLAINED else address
            return EndpointFault(kind, f"{sentence} ({told})", Disposition.server)
    detail = f"{_words(causes[-1])} ({address})"
    return EndpointFault("connection", detail, Disposition.server)


def _words(error: BaseException) -> str:
    return excerpt(_FOR_CODE.sub("", str(error))) or type(error).__name__


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
