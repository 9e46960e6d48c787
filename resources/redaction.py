"""Secrets are struck out of everything that leaves the process as text.

Two kinds are known: values that were read as a secret (`conceal`), wherever they turn up, and the
places in a URL where secrets stand. Errors, faults, log records and commands pass their text
through `redacted`. Reading a secret belongs to `resources.credentials`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

STRUCK_OUT: Final = "***"
SHORTEST: Final = 6
"""Characters of the shortest value that is struck out; shorter ones occur in ordinary words."""

SECRET_OPTIONS: Final = frozenset(
    {
        "access_key",
        "access_token",
        "accesskey",
        "api_key",
        "api-key",
        "apikey",
        "auth",
        "authorization",
        "awsaccesskeyid",
        "client_secret",
        "code",
        "id_token",
        "key",
        "passfile",
        "passphrase",
        "passwd",
        "password",
        "private_key",
        "pwd",
        "refresh_token",
        "secret",
        "secret_key",
        "sig",
        "signature",
        "sslpassword",
        "token",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
        "x-goog-credential",
        "x-goog-signature",
    }
)
"""URL options that hold a secret, in lower case."""

_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_OPTION = re.compile(r"([?&;]([^=&?#;\s]{1,40})=)([^&#;\s\"'<>]+)")

_known: set[str] = set()


def conceal(value: str) -> str:
    """Remember a secret, so that `redacted` strikes it out; return it.

    From the first secret on, log records of this process are redacted as well. A value of under
    `SHORTEST` characters is not remembered: it would take letters out of words.
    """
    if len(value) >= SHORTEST:
        _known.add(value)
        _redact_log_records()
    return value


def redacted(text: str) -> str:
    """Return text without known secrets, and without those that stand in its URLs.

    User names and passwords leave a URL, the values of `SECRET_OPTIONS` become `***`.
    """
    text = struck_out(text)
    if "://" in text:
        text = _USERINFO.sub("", text)
    return _OPTION.sub(_without_value, text) if "=" in text else text


def struck_out(text: str) -> str:
    """Return text without known secrets; its URLs stay as they are."""
    for secret in sorted(_known, key=len, reverse=True):  # one may hold another
        text = text.replace(secret, STRUCK_OUT)
    return text


def without_secrets(value: Any) -> Any:
    """Return a tree of plain values, as JSON holds them, with `redacted` texts."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: without_secrets(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(item) for item in value]
    return value


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}{STRUCK_OUT}" if found[2].lower() in SECRET_OPTIONS else found[0]


def _redact_log_records() -> None:
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(make))


class _RedactingFactory:
    """Makes log records whose message and arguments hold no secret.

    A record is rendered only if it holds one: handlers see the arguments of all others.
    """

    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            return record  # the handler reports what is wrong with its arguments
        shown = redacted(message)
        if shown != message:
            record.msg, record.args = shown, None
        return record
