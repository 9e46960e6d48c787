"""Secrets are struck out of texts, errors and log records."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources import redaction
from resources.errors import ActionableError
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.redaction import STRUCK_OUT, conceal, redacted, struck_out, without_secrets

SECRET = "s3cr3t-of-a-test"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", set())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:word@host:8/a?b=1", "http://host:8/a?b=1"),
        ("sftp://me:se@cret@host/a@b", "sftp://host/a@b"),
        ("see http://me:word@host/a, or ftp://you@b", "see http://host/a, or ftp://b"),
        ("https://h/x?sig=abc%2F&part=1", "https://h/x?sig=***&part=1"),
        ("https://h/x?a=1&X-Amz-Signature=ab12", "https://h/x?a=1&X-Amz-Signature=***"),
        ("pg://h/db?sslpassword=w&sslmode=require", "pg://h/db?sslpassword=***&sslmode=require"),
        ("https://h/x?API_KEY=w.", "https://h/x?API_KEY=***"),
        ("https://h/x?access_token=w#end", "https://h/x?access_token=***#end"),
        ("https://h/x?monkey=w", "https://h/x?monkey=w"),
        ("mail me@host: a=b, p < 0.05, key=value", "mail me@host: a=b, p < 0.05, key=value"),
    ],
)
def test_urls_are_shown_without_their_secrets(text: str, shown: str) -> None:
    assert redacted(text) == shown


@given(st.text(), st.text(min_size=redaction.SHORTEST), st.text())
def test_what_was_read_as_a_secret_is_struck_out_of_any_text(
    before: str, secret: str, after: str
) -> None:
    redaction._known.clear()
    conceal(secret)
    shown = struck_out(before + secret + after)
    assert secret not in shown or secret in STRUCK_OUT * 3
    assert STRUCK_OUT in shown


def test_a_secret_within_a_secret_leaves_nothing_of_the_longer_one() -> None:
    conceal("secret")
    conceal("secret-and-more")
    assert redacted("it is secret-and-more.") == f"it is {STRUCK_OUT}."


def test_a_short_value_would_take_letters_out_of_words_and_stays() -> None:
    conceal("none")
    assert redacted("none of them") == "none of them"


def test_errors_and_faults_hold_no_secret() -> None:
    conceal(SECRET)
    error = ActionableError(
        f"refused: {SECRET}.", where=f"http://a:b@h/?key={SECRET}", remedy=f"Not {SECRET}."
    )
    fault = EndpointFault("http_500", f"with {SECRET}", Disposition.server)
    for text in (str(error), repr(error), str(fault), repr(fault), fault.detail):
        assert SECRET not in text
        assert STRUCK_OUT in text


def test_log_records_hold_no_secret_whoever_writes_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    conceal(SECRET)
    logging.getLogger("library").warning("asked with %s", SECRET)
    logging.getLogger("library").warning("asked %d times", 3)
    assert [record.getMessage() for record in caplog.records] == ["asked with ***", "asked 3 times"]
    assert caplog.records[1].args == (3,), "other records stay as they are"


def test_a_log_record_with_wrong_arguments_is_left_to_its_handler() -> None:
    conceal(SECRET)
    record = logging.getLogRecordFactory()("x", 20, "f", 1, "%d and %d", (1,), None)
    assert record.args == (1,)


def test_a_tree_of_settings_is_redacted_at_any_depth() -> None:
    tree = {"a": [{"url": "http://me:w@h"}, 3, None, True], "b": "plain"}
    assert without_secrets(tree) == {"a": [{"url": "http://h"}, 3, None, True], "b": "plain"}
