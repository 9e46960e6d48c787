"""What the pretended Hub answers to each request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from relgen_assets_tests.fakes.hub_tree import blob_id, is_large, known_id, listing

if TYPE_CHECKING:
    from relgen_assets_tests.fakes.hub import FakeHub, FakeRepository

_NAME = r"(?P<name>[\w.-]+/[\w.-]+)"
_API = rf"^/api/datasets/{_NAME}"


class _Refused(Exception):
    """A request is answered with an error.

    Args:
        status: Its status.
        code: What the Hub calls it; may be empty.
        words: What the Hub says.
    """

    def __init__(self, status: int, code: str = "", words: str = "") -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


class HubRequests(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    hub: ClassVar[FakeHub]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self._body()
        address = urlsplit(self.path)
        path, query = unquote(address.path), parse_qs(address.query)
        if self.hub.answers_everything_with is not None:
            self._reply(self.hub.answers_everything_with)
            return
        try:
            if fault := self.hub.fault_of(self.command, path):
                raise _Refused(fault.status, words=fault.words)
            with self.hub.lock:
                self._route(path, query, body)
        except _Refused as refused:
            headers = {
                "X-Error-Code": refused.code,
                "X-Error-Message": refused.words.replace("\n", " "),
            }
            self._reply({"error": refused.words}, refused.status, headers)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        if path.startswith("/lfs/"):
            self._store(path.rpartition("/")[2], body)
        elif path == "/api/validate-yaml":
            self._reply({"warnings": [], "errors": []})
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif found := re.match(rf"{_API}/tree/\w+(?:/(?P<folder>.+))?$", path):
            self._list(self._seen(found["name"]), found["folder"] or "", path, query)
        elif found := re.match(rf"{_API}/preupload/main$", path):
            self._preupload(self._changed(found["name"]), json.loads(body))
        elif found := re.match(rf"{_API}/commit/main$", path):
            self._commit(self._changed(found["name"]), found["name"], body)
        elif found := re.match(rf"{_API}(/revision/\w+)?$", path):
            self._describe(self._seen(found["name"]), found["name"])
        elif found := re.match(rf"^/datasets/{_NAME}\.git/info/lfs/objects/batch$", path):
            self._changed(found["name"])
            self._batch(json.loads(body))
        elif found := re.match(rf"^/datasets/{_NAME}/resolve/(?P<commit>\w+)/(?P<file>.+)$", path):
            self._file(self._seen(found["name"]), found["file"])
        else:
            raise _Refused(404, "EntryNotFound", f"the pretended Hub does not know {path}")

    def _seen(self, name: str) -> FakeRepository:
        """Return a repository that this request may see."""
        role = self._role()
        found = self.hub.repositories.get(name)
        if found is None or (found.private and role is None):
            raise _Refused(404 if role else 401, "RepoNotFound", "Repository not found")
        return found

    def _changed(self, name: str) -> FakeRepository:
        """Return a repository that this request may change."""
        found = self._seen(name)
        self._require_writer()
        return found

    def _require_writer(self) -> None:
        if self._role() != "write":
            raise _Refused(403, words="you need a token with write permission")

    def _role(self) -> str | None:
        from relgen_assets_tests.fakes.hub import READER, WRITER

        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            return None
        if given not in (READER, WRITER):
            raise _Refused(401, words="Invalid credentials in Authorization header")
        return "write" if given == WRITER else "read"

    def _create(self, order: dict[str, Any]) -> None:
        from relgen_assets_tests.fakes.hub import FakeRepository

        self._require_writer()
        name = f"{order['organization']}/{order['name']}"
        if name in self.hub.repositories:
            raise _Refused(409, words="You already created this dataset repo")
        assert order["type"] == "dataset"
        self.hub.repositories[name] = FakeRepository(private=order["visibility"] == "private")
        self._reply({"url": f"{self.hub.url}/datasets/{name}", "name": name})

    def _describe(self, repository: FakeRepository, name: str) -> None:
        siblings = [{"rfilename": path} for path in repository.files]
        about = {"id": name, "sha": repository.commit, "private": repository.private}
        self._reply({**about, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0})

    def _list(
        self, repository: FakeRepository, folder: str, path: str, query: dict[str, list[str]]
    ) -> None:
        recursive = query.get("recursive", ["false"])[0].lower() == "true"
        found = listing(repository.files, folder, recursive=recursive)
        if folder and not found:
            raise _Refused(404, "EntryNotFound", "Entry not found")
        start = int(query.get("cursor", ["0"])[0])
        following = start + self.hub.page
        address = f"{self.hub.url}{path}?recursive={recursive}&cursor={following}"
        more = {"Link": f'<{address}>; rel="next"'} if following < len(found) else {}
        self._reply(found[start:following], headers=more)

    def _preupload(self, repository: FakeRepository, order: dict[str, Any]) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if is_large(one["path"]) else "regular",
                "shouldIgnore": one["path"] in repository.ignored,
                "oid": self._known_id(repository, one["path"]),
            }
            for one in order["files"]
        ]
        self._reply({"files": files})

    def _known_id(self, repository: FakeRepository, path: str) -> str | None:
        content = repository.files.get(path)
        return None if content is None else known_id(path, content)

    def _batch(self, order: dict[str, Any]) -> None:
        objects = []
        for one in order["objects"]:
            answer = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.large:
                answer["actions"] = {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}
            objects.append(answer)
        self._reply({"transfer": "basic", "objects": objects})

    def _store(self, digest: str, content: bytes) -> None:
        if self.headers.get("Authorization"):
            raise _Refused(400, words="a token does not belong into an upload to the storage")
        if hashlib.sha256(content).hexdigest() != digest:
            raise _Refused(400, words="the content does not have this digest")
        self.hub.large[digest] = content
        self.hub.uploads[digest] += 1
        self._reply({})

    def _commit(self, repository: FakeRepository, name: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit", repository.commit) != repository.commit:
            raise _Refused(412, words="A commit has happened since. Please refresh and try again.")
        for operation in lines[1:]:
            value = operation["value"]
            if operation["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                if value["oid"] not in self.hub.large:
                    raise _Refused(400, words="Your push was rejected: an LFS pointer is missing")
                repository.files[value["path"]] = self.hub.large[value["oid"]]
            else:
                assert operation["key"] == "deletedFile"
                del repository.files[value["path"]]
        repository.messages.append(header["summary"])
        url = f"{self.hub.url}/datasets/{name}/commit/{repository.commit}"
        self._reply({"success": True, "commitOid": repository.commit, "commitUrl": url})

    def _file(self, repository: FakeRepository, path: str) -> None:
        if path not in repository.files:
            raise _Refused(404, "EntryNotFound", "Entry not found")
        content = repository.files[path]
        headers = {"ETag": f'"{blob_id(content)}"', "X-Repo-Commit": repository.commit}
        self._reply(content, headers=headers)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _reply(
        self, content: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
