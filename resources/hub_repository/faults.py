"""What goes wrong with the Hub, as errors that say what to do, each in one line.

Errors of its client hold whole requests: addresses with signatures, and headers with the token. So
only the status, the words of the Hub and the kind of a fault are taken from them, the token is
struck out, and the error that was caught is not kept as the cause.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import httpx2
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from resources.errors import ActionableError, HubError

Result = TypeVar("Result")

HOW_TO_LOG_IN: Final = (
    "Set HF_TOKEN to a token with write permission, which the settings of your account on the Hub"
    " make, or log in once: hf auth login"
)
_AGAIN: Final = "Run it again later; what has arrived there is not uploaded twice."
_SHOWN: Final = 300
_STRUCK_OUT: Final = "***"


def asked(call: Callable[[], Result], *, doing: str, where: str, token: str | None) -> Result:
    """Return what a call to the Hub returns.

    Args:
        call: The call.
        doing: What it does, for errors: "the files cannot be listed".
        where: The repository.
        token: The secret that no error may show.

    Raises:
        HubError: The Hub refuses, fails, or cannot be reached.
    """
    try:
        return call()
    except ActionableError:
        raise
    except (httpx2.HTTPError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
        fault = _fault(error, doing, where, token)
    raise fault  # outside of `except`, so that nothing of what was caught goes with it


def _fault(error: Exception, doing: str, where: str, token: str | None) -> HubError:
    source = _source(error)
    what, remedy, may_pass = _told(source)
    said = " ".join(f"{doing}: {what}".split())
    if token:
        said = said.replace(token, _STRUCK_OUT)
    said = said[:_SHOWN].rstrip(".")
    return HubError(f"{said}.", where=where, remedy=remedy, may_pass=may_pass)


def _source(error: Exception) -> Exception:
    """Return the error that the client wrapped into others; itself if none says more."""
    for kinds in ((HfHubHTTPError, httpx2.TransportError, OfflineModeIsEnabled), (OSError,)):
        for one in _chain(error):
            if isinstance(one, kinds):
                return one
    return error


def _chain(error: Exception) -> Iterator[Exception]:
    following: BaseException | None = error
    while isinstance(following, Exception):
        yield following
        following = following.__cause__ or following.__context__


def _told(error: Exception) -> tuple[str, str, bool]:
    """Return what happened, what to do about it, and whether it may pass by itself."""
    if isinstance(error, HfHubHTTPError):
        return _of_status(error.response.status_code, _words(error))
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE forbids it", "Take HF_HUB_OFFLINE out of the environment.", False
    if isinstance(error, httpx2.LocalProtocolError | UnicodeEncodeError):
        # Its words would quote the header with the token.
        return "the token holds characters that no token has", HOW_TO_LOG_IN, False
    if isinstance(error, httpx2.TransportError):
        kind = type(error).__name__
        return f"the Hub cannot be reached ({kind}: {error})", _NETWORK, True
    if isinstance(error, json.JSONDecodeError | LookupError | TypeError):
        return f"what answers there is no Hub ({type(error).__name__})", _NETWORK, True
    if isinstance(error, ConnectionError | TimeoutError):  # of Xet, which speaks for itself
        return f"the storage cannot be reached ({error})", _STORAGE, True
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{place}", "Look at this machine's disks and files.", False
    return f"{type(error).__name__}: {error}", "If this comes again, mend what it says.", False


_NETWORK: Final = f"Look at the network, at proxies and at HF_ENDPOINT. {_AGAIN}"
_STORAGE: Final = f"A Hub without Xet needs HF_HUB_DISABLE_XET=1. {_AGAIN}"
_STATUSES: Final[dict[int, tuple[str, str, bool]]] = {
    400: ("the Hub refuses what was sent", "What the Hub says about it is to be mended.", False),
    401: ("the Hub does not know the token", HOW_TO_LOG_IN, False),
    403: (
        "the Hub forbids that to this token",
        "Give the token write permission for this repository, or name one of your own.",
        False,
    ),
    404: (
        "the Hub has no such repository that this token may see",
        "Look at the name, and at what the token may see.",
        False,
    ),
    409: (
        "another commit to the repository is under way",
        "Run it again, which compares with what is there then.",
        True,
    ),
    412: (
        "the repository has changed meanwhile",
        "Run it again, which compares with what is there now.",
        True,
    ),
    413: ("the Hub takes no files of this size", "Look at the limits of your account.", False),
    429: ("the Hub has been asked too often", _AGAIN, True),
    507: ("the storage there is full", "Look at the limits of your account.", False),
}


def _of_status(status: int, words: str) -> tuple[str, str, bool]:
    what, remedy, may_pass = _STATUSES.get(
        status,
        ("the Hub fails", _AGAIN, True) if status >= 500 else ("the Hub refuses", _AGAIN, False),
    )
    quoted = f": {words}" if words else ""
    return f"{what} (HTTP {status}{quoted})", remedy, may_pass


def _words(error: HfHubHTTPError) -> str:
    """Return what the Hub itself says; pages of proxies are left out."""
    words = error.server_message or error.response.headers.get("X-Error-Message") or ""
    return "" if words.lstrip().startswith("<") else words
