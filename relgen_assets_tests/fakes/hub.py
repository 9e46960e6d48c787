"""A pretended Hugging Face Hub: real HTTP on loopback that speaks what `huggingface_hub` calls.

It keeps dataset repositories with their commits, and large files by their SHA-256; it knows tokens
that may write or only read, hides private repositories, and fails on demand:

    with FakeHub() as hub:
        hub.fail("PUT", "/lfs/", status=403, after=1)
        ... HfApi(endpoint=hub.url, token=WRITER) ...
        assert hub.repositories["lab/lakes"].files
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Self

from relgen_assets_tests.fakes.hub_requests import HubRequests

WRITER = "hf_canaryOfAWriter1234567890"
READER = "hf_canaryOfAReader1234567890"
ATTRIBUTES = ".gitattributes"


@dataclass
class FakeRepository:
    """A dataset repository.

    Attributes:
        private: Whether it is hidden from those without a token.
        files: Content by path, as of the newest commit.
        messages: Messages of its commits, the first one included.
        ignored: Paths that its `.gitignore` names.
    """

    private: bool
    files: dict[str, bytes] = field(default_factory=lambda: {ATTRIBUTES: b"*.parquet lfs\n"})
    messages: list[str] = field(default_factory=lambda: ["initial commit"])
    ignored: set[str] = field(default_factory=set[str])

    @property
    def commit(self) -> str:
        """Id of the newest commit."""
        return hashlib.sha1(f"{len(self.messages)}".encode()).hexdigest()


@dataclass
class Fault:
    """A failure on demand.

    Attributes:
        method: Method of the requests that fail.
        part: What their paths hold.
        status: What they are answered.
        after: So many of them succeed before.
        words: What the Hub says.
    """

    method: str
    part: str
    status: int
    after: int = 0
    words: str = "so it is"


class FakeHub:
    """The server; a context manager.

    Attributes:
        repositories: The repositories by `owner/name`.
        large: Content of large files by SHA-256, committed or not.
        uploads: How often each of them was uploaded.
        visited: Method and path of every request.
        page: Entries in one page of a listing.
        answers_everything_with: What it says to everything, as a proxy does that wants a login.
    """

    def __init__(self, page: int = 3) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.large: dict[str, bytes] = {}
        self.uploads: Counter[str] = Counter()
        self.visited: list[tuple[str, str]] = []
        self.page = page
        self.answers_everything_with: bytes | None = None
        self.lock = threading.RLock()
        self._faults: list[Fault] = []
        handler = type("Requests", (HubRequests,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start serving."""
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True, name="fake-hub"
        ).start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def fail(
        self, method: str, part: str, *, status: int, after: int = 0, words: str = "so it is"
    ) -> None:
        """Fail requests from now on, until `mend`; the first `after` of them succeed."""
        self._faults.append(Fault(method, part, status, after, words))

    def mend(self) -> None:
        """Fail no more."""
        self._faults.clear()

    def fault_of(self, method: str, path: str) -> Fault | None:
        """Return the failure that a request meets."""
        with self.lock:
            self.visited.append((method, path))
            for fault in self._faults:
                if fault.method == method and fault.part in path:
                    if fault.after == 0:
                        return fault
                    fault.after -= 1
        return None

    def sent(self) -> list[str]:
        """Return the methods and paths of the requests that change something."""
        changing = ("/commit/", "/repos/create", "/lfs/")
        return [
            f"{method} {path}"
            for method, path in self.visited
            if method != "GET" and any(part in path for part in changing)
        ]
