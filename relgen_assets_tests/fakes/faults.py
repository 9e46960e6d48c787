"""The faults a fake server can commit on demand, once or permanently.

A fault that happens below HTTP (a refused connection, a host that does not resolve) needs no
entry here: stop the server, or use a wrong address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class FaultKind(str, Enum):
    """What goes wrong with one completion."""

    reset = "reset"
    """Reset the connection after `tokens` tokens; before the headers when negative."""
    hang = "hang"
    """Fall silent after `tokens` tokens; before the headers when negative."""
    pings = "pings"
    """After `tokens` tokens send only keep-alive comments."""
    drip = "drip"
    """Send the answer byte by byte, `seconds` apart."""
    slow = "slow"
    """Decode and prefill `factor` times slower."""
    status = "status"
    """Answer with `status`, `body` and `headers`."""
    html = "html"
    """Answer 200 with an HTML page."""
    wrong_type = "wrong_type"
    """Answer 200 with plain text."""
    bad_json = "bad_json"
    """Cut an event in the middle of its JSON after `tokens` tokens, and end."""
    cut = "cut"
    """End the stream properly after `tokens` tokens, without a finish reason."""
    empty_choices = "empty_choices"
    """Answer with no choice at all."""
    error_event = "error_event"
    """Send the dialect's error `status` as an event after `tokens` tokens."""
    length = "length"
    """Stop after `tokens` tokens with the finish reason `length`."""
    endless = "endless"
    """Go on for ever, whatever `max_tokens` says."""
    ignore_grammar = "ignore_grammar"
    """Answer free text although a schema was sent."""
    count_less = "count_less"
    """Cut the prompt silently: report only `tokens` tokens of it."""


@dataclass(frozen=True)
class ServerFault:
    """One fault and its parameters; see `FaultKind` for which of them matter."""

    kind: FaultKind
    tokens: int = 3
    seconds: float = 1.0
    factor: float = 10.0
    status: int = 500
    body: str = '{"error":{"code":500,"message":"internal error","type":"server_error"}}'
    headers: dict[str, str] = field(default_factory=dict[str, str])


RESET_BEFORE_HEADERS = ServerFault(FaultKind.reset, tokens=-1)
RESET_MIDWAY = ServerFault(FaultKind.reset)
HANG_BEFORE_HEADERS = ServerFault(FaultKind.hang, tokens=-1)
HANG_IN_BODY = ServerFault(FaultKind.hang)
PINGS_ONLY = ServerFault(FaultKind.pings, seconds=0.05)
DRIP = ServerFault(FaultKind.drip)
HTML = ServerFault(FaultKind.html)
WRONG_TYPE = ServerFault(FaultKind.wrong_type)
BAD_JSON = ServerFault(FaultKind.bad_json)
CUT = ServerFault(FaultKind.cut)
EMPTY_CHOICES = ServerFault(FaultKind.empty_choices)
LENGTH = ServerFault(FaultKind.length)
ENDLESS = ServerFault(FaultKind.endless)
IGNORE_GRAMMAR = ServerFault(FaultKind.ignore_grammar)
HTTP_500 = ServerFault(FaultKind.status)
HTTP_502 = ServerFault(FaultKind.status, status=502, body="<html>Bad Gateway</html>")
LOADING = ServerFault(
    FaultKind.status,
    status=503,
    body='{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}',
)
THROTTLED = ServerFault(
    FaultKind.status, status=429, body='{"error":{"message":"too many requests","code":429}}'
)
OVERFLOW = ServerFault(
    FaultKind.status,
    body='{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}',
)
SCHEMA_REFUSED = ServerFault(
    FaultKind.status,
    status=400,
    body='{"error":{"code":400,"message":"Failed to parse grammar",'
    '"type":"invalid_request_error"}}',
)
WRONG_MODEL = ServerFault(
    FaultKind.status,
    status=404,
    body='{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","code":404}}',
)
WRONG_KEY = ServerFault(
    FaultKind.status,
    status=401,
    body='{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}',
)


def throttled(seconds: float) -> ServerFault:
    """Return a 429 that asks to wait `seconds`."""
    return ServerFault(
        FaultKind.status,
        status=429,
        body=THROTTLED.body,
        headers={"Retry-After": f"{seconds:g}"},
    )
