"""The one embedded server of a process: started for its first holder, stopped with its last."""

from __future__ import annotations

import threading
from pathlib import Path

from resources.llama_server_pool.embedded.server import EmbeddedServer
from resources.llama_server_pool.endpoint import Endpoint

_lock = threading.Lock()
_shared: EmbeddedServer | None = None
_holders = 0


def acquire(log_dir: Path) -> Endpoint:
    """Return the address of the shared server; the first caller starts it.

    Pair every call with a call of `release`. A shared server that died is started again.

    Raises:
        EmbeddedServerError: It cannot be started.
    """
    global _shared, _holders
    with _lock:
        if _shared is None or not _shared.running or _shared.config is None:
            if _shared is not None:
                _shared.stop()
            server = EmbeddedServer(log_dir)
            server.start()
            _shared = server
        _holders += 1
        assert _shared.config is not None  # noqa: S101 - a started server has an address
        return _shared.config


def release() -> None:
    """Release the shared server; it stops with its last holder."""
    global _shared, _holders
    with _lock:
        _holders = max(0, _holders - 1)
        if _holders == 0 and _shared is not None:
            _shared.stop()
            _shared = None


def check() -> None:
    """Check that the shared server is running, if it has holders.

    Raises:
        EmbeddedServerError: It died while it had holders.
    """
    with _lock:
        if _shared is not None:
            _shared.check()
