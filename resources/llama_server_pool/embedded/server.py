"""The embedded server: a small language model in a real llama.cpp server on loopback.

It runs when no endpoint is configured, so that everything can be tried without a server of one's
own. The server is `llama-cpp-python`, the model a GGUF file from an installed wheel whose code is
never imported. This module starts the server, waits until it is healthy and stops it. `model` finds
the file, `child` is the process, `shared` lends one server to all pools of this process.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib import util
from pathlib import Path
from typing import IO, Self

from resources.errors import EmbeddedServerError
from resources.llama_server_pool.embedded.model import INSTALL, fast_copy, find_model
from resources.llama_server_pool.endpoint import Dialect, Endpoint, EndpointKind
from resources.progress import BOARD

SERVER_MODULE = "llama_cpp"
EMBEDDED = "embedded"
"""Name of its endpoint in reports and in the ledger."""
LOG_NAME = "embedded-server.log"
CONTEXT = 8192
"""Context in tokens; the model was trained for no more."""
START_SECONDS = 120.0
"""Longest wait for the 98 MB model to load, in seconds; it usually takes two."""
STOP_SECONDS = 5.0
START_ATTEMPTS = 3
"""Attempts to start: another process can take the free port before the server binds it."""
LOG_LINES = 15
_HOST = "127.0.0.1"
_POLL_SECONDS = 0.1
_CHILD = Path(__file__).with_name("child.py")


class EmbeddedServer:
    """One server process, as a context manager or through `start()` and `stop()`.

    Args:
        log_dir: Folder for the log file of the server; created when missing.
        model: A GGUF file to serve as it is; by default the one of the installed wheel.
    """

    def __init__(self, log_dir: Path, model: Path | None = None) -> None:
        self.log = log_dir / LOG_NAME
        self._model = model
        self.config: Endpoint | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop the server."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id of the server, or `None` if it was not started."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the server was started and is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Endpoint:
        """Start the server and return its address once it is healthy.

        Raises:
            EmbeddedServerError: A package is missing, or the server died or did not become healthy;
                the message quotes the end of its log.
        """
        with BOARD.begin("embedded server", 0) as task:
            task.note("checking the installation")
            model = self._model or find_model()
            _require_server()
            if self._model is None:
                task.note("preparing the model, once on this machine")
                model = fast_copy(model)
            task.note("loading the model")
            return self._start(model)

    def _start(self, model: Path) -> Endpoint:
        """Launch the process; again if another one was faster to take the port."""
        for last in (False,) * (START_ATTEMPTS - 1) + (True,):
            config = self._launch(model)
            try:
                self._wait_until_healthy(config)
            except EmbeddedServerError:
                self.stop()
                if last or "address already in use" not in self._log_end().lower():
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                self.config = config
                break
        return config

    def stop(self) -> None:
        """Stop the server; do nothing if it has already ended."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):  # the pipe of a dead process
                process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def check(self) -> None:
        """Check that the server is running.

        Raises:
            EmbeddedServerError: It died; the message quotes the end of its log.
        """
        if not self.running:
            code = self._process.returncode if self._process else None
            raise self._error(f"the embedded server died (exit code {code})")

    def _launch(self, model: Path) -> Endpoint:
        port = _free_port()
        threads = _cores()
        options: dict[str, object] = {
            "model": model,
            "model_alias": model.stem,
            "host": _HOST,
            "port": port,
            "n_ctx": CONTEXT,
            "n_threads": threads,
            "n_threads_batch": threads,
            "flash_attn": True,  # prefill is a quarter faster on CPUs
            "logits_all": False,  # would keep the logits of the whole context: 1.6 GB
            "interrupt_requests": False,  # would cut an answer when the next request arrives
            "verbose": False,
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with self._open_log() as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script and options
                [sys.executable, "-P", str(_CHILD), str(os.getpid()), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the parent handles Ctrl-C
                # Waiting threads spin briefly. Spinning long makes busy cores decode 10 times
                # slower; not spinning halves the speed of idle cores (17 against 33 tokens/s).
                env={"GOMP_SPINCOUNT": "10000", **os.environ},
            )
        return Endpoint(
            name=EMBEDDED,
            url=f"http://{_HOST}:{port}",
            kind=EndpointKind.cpu,
            dialect=Dialect.llama_cpp_python,
            slots=1,
            context=CONTEXT,
            model=model.stem,
            api_key_env=None,
            watts=0.0,
        )

    def _open_log(self) -> IO[bytes]:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            log = self.log.open("ab")
        except OSError as error:
            raise EmbeddedServerError(
                f"the log of the embedded server cannot be written: {error.strerror or error}.",
                where=str(self.log),
                remedy="Make the folder writable, or configure another one.",
            ) from error
        self._log_start = log.tell()
        return log

    def _wait_until_healthy(self, config: Endpoint) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            self.check()
            if _serves(config):
                return
            time.sleep(_POLL_SECONDS)
        raise self._error(f"the embedded server was not ready within {START_SECONDS:.0f} s")

    def _log_end(self) -> str:
        with suppress(OSError), self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode("utf-8", "replace").splitlines()
            return "\n".join(lines[-LOG_LINES:])
        return ""

    def _error(self, what: str) -> EmbeddedServerError:
        return EmbeddedServerError(
            f"{what}. The end of its log:\n{self._log_end() or '(empty)'}",
            where=str(self.log),
            remedy="\nIf llama.cpp was built for another processor, rebuild it: CMAKE_ARGS="
            "-DGGML_NATIVE=OFF pip install --no-binary llama-cpp-python -c constraints.txt "
            "-e '.[embedded]'",
        )


def _require_server() -> None:
    if any(util.find_spec(module) is None for module in (SERVER_MODULE, "uvicorn")):
        raise EmbeddedServerError(
            "no endpoint is configured, and llama-cpp-python[server] is not installed.",
            remedy=INSTALL,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _serves(config: Endpoint) -> bool:
    """Return whether our model answers at the port, which another program may have taken."""
    address = config.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/v1/models")
        answer = json.load(connection.getresponse())
        return bool(answer["data"][0]["id"] == config.model)
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False
    finally:
        connection.close()
