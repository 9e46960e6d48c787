"""What an error answer means, in the words of the servers that send it."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from resources.llama_server_pool.servers.error_answers import from_status, retry_after
from resources.llama_server_pool.servers.faults import DETAIL_LENGTH, Disposition, EndpointFault
from resources.llama_server_pool.servers.network_errors import from_exception

ANSWERS = [
    # llama.cpp
    (
        400,
        '{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size '
        '(8192 tokens)","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}',
        "context_exceeded",
        Disposition.context,
    ),
    (
        500,
        '{"error":{"code":500,"message":"Context size has been exceeded."}}',
        "context_overflow",
        Disposition.overload,
    ),
    (
        503,
        '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}',
        "loading",
        Disposition.loading,
    ),
    (
        400,
        '{"error":{"code":400,"message":"failed to parse grammar"}}',
        "schema_rejected",
        Disposition.schema,
    ),
    # llama-cpp-python
    (
        500,
        '{"error":{"message":"1 validation error: body response_format type: Input should be '
        "'text' or 'json_object'\"}}",
        "schema_rejected",
        Disposition.schema,
    ),
    (
        400,
        '{"error":{"message":"This model\'s maximum context length is 8192 tokens. However, you '
        'requested 12036 tokens","code":"context_length_exceeded"}}',
        "context_exceeded",
        Disposition.context,
    ),
    # vLLM and Ollama
    (
        404,
        '{"error":{"message":"The model `x` does not exist.","code":404}}',
        "model_not_found",
        Disposition.auth,
    ),
    (
        404,
        '{"error":{"message":"model \\"x\\" not found, try pulling it first"}}',
        "model_not_found",
        Disposition.auth,
    ),
    # anything
    (403, "", "auth", Disposition.auth),
    (429, "", "throttled", Disposition.throttled),
    (502, "<html>Bad Gateway</html>", "http_502", Disposition.server),
    (503, "", "http_503", Disposition.server),
    (301, "", "http_301", Disposition.server),
    (404, "404 page not found", "http_404", Disposition.server),
    (413, "too large", "http_413", Disposition.request),
    (422, '{"detail":"bad temperature"}', "http_422", Disposition.request),
]


@pytest.mark.parametrize(("status", "body", "kind", "disposition"), ANSWERS)
def test_an_error_answer_is_understood(
    status: int, body: str, kind: str, disposition: Disposition
) -> None:
    fault = from_status(status, body, {}, key_place=None)
    assert (fault.kind, fault.disposition) == (kind, disposition)


@pytest.mark.parametrize("body", [ANSWERS[0][1], ANSWERS[5][1]])
def test_the_context_a_server_names_is_kept(body: str) -> None:
    assert from_status(400, body, {}, key_place=None).context == 8192


def test_a_busy_server_that_asks_for_a_pause_gets_it() -> None:
    fault = from_status(503, "busy", {"retry-after": "12"}, key_place=None)
    assert (fault.disposition, fault.retry_after) == (Disposition.throttled, 12)


def test_a_pause_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    pause = retry_after({"retry-after": when})
    assert pause is not None
    assert 60 < pause <= 90


@pytest.mark.parametrize("value", ["soon", "", "nan", "inf", "-3"])
def test_an_invalid_pause_is_ignored(value: str) -> None:
    assert retry_after({"retry-after": value}) in (None, 0.0)


def test_a_long_answer_is_shortened_in_the_detail() -> None:
    fault = from_status(500, "x" * 5000, {}, key_place=None)
    assert len(fault.detail) <= DETAIL_LENGTH + 20


REFUSED = ConnectionRefusedError(111, "Connect call failed ('10.0.0.5', 8080)")
NO_ROUTE = OSError(113, "No route to host")
CERTIFICATE = ssl.SSLError(
    1,
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    " (_ssl.c:1006)",
)
NETWORK = [
    (socket.gaierror(-2, "Name or service not known"), "dns"),
    (CERTIFICATE, "tls"),
    (REFUSED, "refused"),
    (ConnectionResetError(104, "reset"), "reset"),
    (httpx2.RemoteProtocolError("Server disconnected"), "reset"),
    (httpx2.ConnectTimeout("slow"), "timeout"),
    (NO_ROUTE, "connection"),
]


def _lost(cause: Exception) -> EndpointFault:
    """Return the fault of a connection that was lost for this cause."""
    error = httpx2.ConnectError("lost", request=httpx2.Request("POST", "http://board:8080/v1"))
    error.__cause__ = cause
    return from_exception(error, address="board:8080")


@pytest.mark.parametrize(("cause", "kind"), NETWORK)
def test_a_lost_connection_is_named_after_its_cause(cause: Exception, kind: str) -> None:
    fault = _lost(cause)
    assert (fault.kind, fault.disposition) == (kind, Disposition.server)


@pytest.mark.parametrize(
    ("cause", "detail"),
    [
        (REFUSED, "the connection was refused (board:8080)"),
        (NO_ROUTE, "No route to host (board:8080)"),
        (
            CERTIFICATE,
            "no trusted TLS connection (certificate verify failed: self-signed certificate)",
        ),
    ],
)
def test_a_person_reads_where_and_why_without_numbers_for_code(
    cause: Exception, detail: str
) -> None:
    assert _lost(cause).detail == detail


def test_a_known_fault_is_returned_unchanged() -> None:
    known = EndpointFault("stalled", "no token for 90 s", Disposition.server)
    assert from_exception(known, address="board:8080") is known
    assert str(known) == "stalled: no token for 90 s"


def test_a_lost_connection_is_told_although_another_fault_is_being_looked_into() -> None:
    earlier = EndpointFault("empty_choices", "the answer holds no choice", Disposition.server)
    lost = httpx2.ReadError("lost")
    lost.__context__ = earlier  # as when a server is asked what an earlier fault means
    assert from_exception(lost, address="board:8080").kind == "reset"
