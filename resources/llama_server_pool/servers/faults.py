"""What can go wrong on one endpoint, and who has to answer for it.

Every exception and every unusable answer becomes an `EndpointFault` with a short code and a
disposition. The disposition says what the fault means for the request and for the endpoint. What
is done about it (requeue, wait, open the breaker) belongs to `dispatch` and `health`; what an error
answer means to `error_answers`, what a lost connection means to `network_errors`. Errors that a
person reads belong to `resources.errors`.
"""

from __future__ import annotations

from enum import Enum

DETAIL_LENGTH = 300
"""Longest excerpt of a server's answer that is kept, in characters."""


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
        retry_after: Seconds the server asked to wait, if it did.
        context: Context of the endpoint in tokens, if the server named it.
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


def excerpt(text: str) -> str:
    """Return `text` on one line, cut to `DETAIL_LENGTH` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= DETAIL_LENGTH else flat[: DETAIL_LENGTH - 1] + "…"
