"""One fake server as a process of its own, for benchmarks in real time.

The server is the fake of the tests; here it only gets a process, a length for every answer and an
account of what it used. The length stands in the prompt (`request_for`), so that every balancer
gets the same work whatever it does to a request. The process ends when its standard input does, so
it never outlives the benchmark; a line sent to it is answered with its account.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.llama_server_pool.endpoint import Dialect

MODEL = "fake-model"
MAX_TOKENS = 512
"""Bound on answers that every request carries; it tells nothing about their real length."""
STOP_SECONDS = 5.0
"""After so long a server that should end is killed."""
_LENGTH = re.compile(r"exactly (\d+) words")
_PROBE_TOKENS = 20


@dataclass(frozen=True)
class ServerSpec:
    """What a fake server is to be like.

    Attributes:
        name: Unique name.
        slots: Requests it serves at once.
        speed: Answer tokens per second of each slot; infinite for an instant server.
    """

    name: str
    slots: int
    speed: float = math.inf


@dataclass(frozen=True)
class Account:
    """What a server process has used and done so far.

    Attributes:
        cpu_seconds: Processor time of the process.
        requests: Completions started.
    """

    cpu_seconds: float
    requests: int


def prompt_for(number: int, tokens: int) -> str:
    """Return the prompt of a request whose answer is to have so many tokens."""
    return f"This is request {number}. Answer with exactly {tokens} words, each of them short."


def length_wanted(body: dict[str, Any]) -> int:
    """Return how many tokens a prompt of `prompt_for` asks for; a probe asks for a few."""
    found = _LENGTH.search(body["messages"][-1]["content"])
    return int(found.group(1)) if found else _PROBE_TOKENS


def is_answer(text: str, tokens: int) -> bool:
    """Return whether a text is the whole answer to a prompt of `prompt_for`."""
    return len(text.split()) == tokens


class ServerProcess:
    """A running server process.

    Attributes:
        spec: What it is like.
        url: Its address, without a path.
    """

    def __init__(self, spec: ServerSpec) -> None:
        self.spec = spec
        command = [sys.executable, "-m", "benchmarks.fake_server", "--name", spec.name]
        command += ["--slots", str(spec.slots), "--speed", str(spec.speed)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._read_line()

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def account(self) -> Account:
        """Return what the process has used so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("account\n")
        self._process.stdin.flush()
        return Account(**json.loads(self._read_line()))

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the process of the fake server {self.spec.name} ended")
        return line


@contextmanager
def running(specs: Sequence[ServerSpec]) -> Iterator[list[ServerProcess]]:
    """Run server processes as long as the context lasts."""
    with ExitStack() as stack:
        servers: list[ServerProcess] = []
        for spec in specs:
            servers.append(ServerProcess(spec))
            stack.callback(servers[-1].stop)
        yield servers


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description="A fake language-model server on loopback.")
    parser.add_argument("--name", required=True)
    parser.add_argument("--slots", type=int, required=True)
    parser.add_argument("--speed", type=float, required=True, help="tokens per second of a slot")
    options = parser.parse_args()
    with FakeLlamaServer(
        dialect=Dialect.llama_cpp,
        slots=options.slots,
        decode=options.speed,
        model=MODEL,
        answer_tokens=length_wanted,
        prefix_cache=False,
    ) as server:
        server.keep_records = False
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            account = {"cpu_seconds": time.process_time(), "requests": server.completions_started}
            sys.stdout.write(json.dumps(account) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
