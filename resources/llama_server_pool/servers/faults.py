"""What can go wrong on one endpoint, and who is responsible.

Every exception and every unusable answer becomes an `EndpointFault` with a short code and a
disposition, which says what the fault means for the request and for the endpoint. The reaction
(requeue, wait, open the breaker) belongs to `dispatch` and `health`, the meaning of error answers
to `error_answers`, and that of lost connections to `network_errors`. Errors that users read belong
to `resources.errors`.
"""

from __future__ import annotations

from enum import Enum

from resources.generation import Generation
from resources.redaction import redacted

DETAIL_LENGTH = 300
"""Maximum length of an excerpt of a server's answer, in characters."""


class Disposition(str, Enum):
    """Who is responsible for a fault, and therefore what happens next."""

    server = "server"
    """The server's fault: requeue elsewhere and count it against the endpoint."""
    loading = "loading"
    """The server is not ready yet: wait, and charge no one."""
    throttled = "throttled"
    """The server asks for a pause: wait `retry_after` seconds."""
    context = "context"
    """This prompt is too long for this endpoint's context."""
    overload = "overload"
    """The slots together overflow the context: requeue, and use fewer slots."""
    schema = "schema"
    """This endpoint will never take this schema."""
    auth = "auth"
    """The configuration of the endpoint is wrong (key or model): dismiss the endpoint."""
    request = "request"
    """The request itself is wrong, on any endpoint."""


class EndpointFault(Exception):
    """One failed exchange with one endpoint.

    Args:
        kind: Short code, e.g. `refused`, `http_500`, `context_exceeded`.
        detail: What was observed, in one sentence without secrets.
        disposition: Who is responsible.
        retry_after: Seconds the server asked to wait, if it named any.
        context: Context of the endpoint in tokens, if the server named it.
        answer: The answer that is thrown away because of it, if there is one.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        disposition: Disposition,
        *,
        retry_after: float | None = None,
        context: int | None = None,
        answer: Generation | None = None,
    ) -> None:
        self.kind = kind
        self.detail = redacted(detail)  # it may quote a server that echoes its key
        self.disposition = disposition
        self.retry_after = retry_after
        self.context = context
        self.answer = answer
        super().__init__(kind, self.detail)

    def __str__(self) -> str:
        """Return the code and what was observed."""
        return f"{self.kind}: {self.detail}"


def excerpt(text: str) -> str:
    """Return `text` on one line, cut to `DETAIL_LENGTH` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= DETAIL_LENGTH else flat[: DETAIL_LENGTH - 1] + "…"
