"""TCP ports of this machine: whether one is free, and which process listens on it.

Which process it is can be seen on Linux, for processes of the same user.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from relgen_assets.domain_errors import ConfigurationError

_LISTENING = "0A"
"""State of a listening socket in `/proc/net/tcp`."""


def require_free_port(host: str, port: int) -> None:
    """Check that a server could listen on a port.

    Raises:
        ConfigurationError: It could not; says which process uses the port, if that can be seen.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise _unusable(error, host, port) from error


def free_port(host: str, preferred: int = 0) -> int:
    """Return a port that is free now: the preferred one if possible, else any."""
    for wanted in (preferred, 0):
        with suppress(OSError), socket.create_server((host, wanted)) as probe:
            port: int = probe.getsockname()[1]
            return port
    raise ConfigurationError("no port is free.", where=host)


def _unusable(error: OSError, host: str, port: int) -> ConfigurationError:
    if error.errno == errno.EADDRINUSE:
        user = listener(port)
        return ConfigurationError(
            f"the port is used by {user or 'another process'}.",
            where=f"--port {port}",
            remedy=f"Stop that one, or choose another port, e.g. --port {port % 65_535 + 1}.",
        )
    if error.errno == errno.EACCES:
        return ConfigurationError(
            "this user may not use the port.",
            where=f"--port {port}",
            remedy="Choose one from 1024.",
        )
    return ConfigurationError(
        f"this machine has no such address: {error.strerror}.",
        where=f"--host {host}",
        remedy="Use 127.0.0.1, or 0.0.0.0 for all addresses of this machine.",
    )


def listener(port: int) -> str | None:
    """Return the process that listens on a port, e.g. `python -m http.server (pid 42)`."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in sockets for link in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                return f"{_program(words)} (pid {process.name})"
        except OSError:  # of another user, or gone meanwhile
            continue
    return None


def _program(words: Sequence[str]) -> str:
    """Return the program of a command line, and what Python runs; other arguments may be keys."""
    name, module = Path(words[0]).name, words[1:3]
    if module[:1] == ["-m"]:
        return " ".join([name, *module])
    script = module[:1] if module and not module[0].startswith("-") else []
    return " ".join([name, *(Path(one).name for one in script)]).strip()


def _listening_inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # not Linux
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found
