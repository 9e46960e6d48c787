"""Whole files on any fsspec path: atomic, durable, and with errors that help."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from resources import storage
from resources.atomic_write import STALE_TEMPORARY_SECONDS
from resources.errors import StorageError

NOBODY = 65534


class FileServer(MemoryFileSystem):  # type: ignore[misc]
    """Like SFTP: bytes of a file are there as they arrive, and a file can be moved over another."""

    protocol = "fileserver"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    pipe_file = fsspec.AbstractFileSystem.pipe_file
    breaks_off: ClassVar[bool] = False
    replaces: ClassVar[bool] = True

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return "/" + path.removeprefix(f"{cls.protocol}://").strip("/")

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super()._open(path, mode, **options)
        if self.breaks_off and mode == "wb":
            write = file.write

            def write_half(data: bytes) -> None:
                write(data[: len(data) // 2])
                raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

            file.write = write_half
        return file

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        if self.replaces or path2 not in self.store:
            self.store[path2] = self.store.pop(path1)


class Archive(FileServer):
    """Like a zip file: nothing can be moved."""

    protocol = "archive"
    mv = fsspec.AbstractFileSystem.mv


@pytest.fixture
def file_server() -> Iterator[type[FileServer]]:
    """A file server that has one file, under `fileserver://data/a.bin`."""
    for kind in (FileServer, Archive):
        fsspec.register_implementation(kind.protocol, kind, clobber=True)
    FileServer.store.clear()
    storage.write_atomic("fileserver://data/a.bin", b"old")
    yield FileServer
    FileServer.breaks_off, FileServer.replaces = False, True


@contextmanager
def unprivileged() -> Iterator[None]:
    """Drop root's right to write anywhere, if the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the kernel refuse to grow any file beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_written_file_can_be_read_and_folders_are_created(tmp_path: Path) -> None:
    url = str(tmp_path / "deep" / "folder" / "a.bin")
    storage.write_atomic(url, b"one")
    storage.write_atomic(url, b"two")
    assert storage.read_bytes(url) == b"two"
    assert names_in(tmp_path / "deep" / "folder") == ["a.bin"]


def test_the_same_calls_work_on_a_filesystem_without_rename() -> None:
    base = "memory://storage-test"
    url = storage.join(base, "folder", "a.bin")
    assert url == "memory://storage-test/folder/a.bin"
    assert not storage.exists(url)
    storage.write_atomic(url, b"one")
    assert storage.read_bytes(url) == b"one"
    assert storage.list_files(storage.join(base, "folder")) == ["a.bin"]
    storage.remove(url)
    storage.remove(url)
    assert not storage.exists(url)


def test_a_file_on_a_file_server_is_complete_or_missing(file_server: type[FileServer]) -> None:
    storage.write_atomic("fileserver://data/a.bin", b"new")
    assert storage.read_bytes("fileserver://data/a.bin") == b"new"

    file_server.breaks_off = True
    for name in ("a.bin", "b.bin"):
        with pytest.raises(StorageError, match="Connection reset by peer"):
            storage.write_atomic(f"fileserver://data/{name}", b"newer")
    assert storage.read_bytes("fileserver://data/a.bin") == b"new"
    assert set(file_server.store) == {"/data/a.bin"}


def test_storage_that_does_not_replace_files_is_a_clear_error(
    file_server: type[FileServer],
) -> None:
    file_server.replaces = False
    with pytest.raises(StorageError, match=r"does not replace files.* give the local path"):
        storage.write_atomic("fileserver://data/a.bin", b"new")
    assert storage.read_bytes("fileserver://data/a.bin") == b"old"
    assert set(file_server.store) == {"/data/a.bin"}


def test_storage_that_would_leave_half_a_file_is_refused(file_server: type[FileServer]) -> None:
    with pytest.raises(StorageError, match="neither put a file in one piece nor move"):
        storage.write_atomic("archive://data/a.bin", b"new")
    assert storage.read_bytes("archive://data/a.bin") == b"old"


@pytest.mark.parametrize(
    ("base", "joined"),
    [
        ("data", "data/x/y"),
        ("data/", "data/x/y"),
        ("/", "/x/y"),
        ("s3://bucket", "s3://bucket/x/y"),
        ("memory://", "memory://x/y"),
    ],
)
def test_join(base: str, joined: str) -> None:
    assert storage.join(base, "x", "y") == joined


def test_finished_files_get_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        storage.write_atomic(str(tmp_path / "a"), b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_listing_has_files_with_the_suffix_only(tmp_path: Path) -> None:
    for name in ("b.parquet", "a.parquet", ".a.parquet.1-2.tmp", ".c.parquet", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.parquet").mkdir()
    assert storage.list_files(str(tmp_path), ".parquet") == ["a.parquet", "b.parquet"]
    assert storage.list_files(str(tmp_path / "missing")) == []


def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # tmp_path is closed to other users
        Path(folder).chmod(0o555)
        with unprivileged(), pytest.raises(StorageError, match="Permission denied") as caught:
            storage.write_atomic(f"{folder}/a.bin", b"x")
    assert caught.value.where == f"{folder}/a.bin"
    assert "permission" in caught.value.remedy


def test_a_full_disk_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    url = str(tmp_path / "a.bin")
    storage.write_atomic(url, b"old")
    with largest_file(1000), pytest.raises(StorageError, match="too large") as caught:
        storage.write_atomic(url, b"x" * 100_000)
    assert caught.value.where == url
    assert storage.read_bytes(url) == b"old"
    assert names_in(tmp_path) == ["a.bin"]


def test_a_file_in_the_way_of_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(StorageError, match="move that file away"):
        storage.write_atomic(str(tmp_path / "data" / "up" / "a.bin"), b"x")


def test_a_folder_in_the_way_of_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(StorageError, match="move it away"):
        storage.write_atomic(str(tmp_path / "a.bin"), b"x")
    assert names_in(tmp_path) == ["a.bin"]


def test_a_process_killed_before_the_rename_leaves_the_old_file(tmp_path: Path) -> None:
    url = str(tmp_path / "a.bin")
    storage.write_atomic(url, b"old")
    program = (
        "import os, pathlib, signal, sys\n"
        "from resources import storage\n"
        "pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)\n"
        "storage.write_atomic(sys.argv[1], b'new')\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, url], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert storage.read_bytes(url) == b"old"
    assert storage.list_files(str(tmp_path)) == ["a.bin"]

    (leftover,) = (path for path in tmp_path.iterdir() if path.name.endswith(".tmp"))
    storage.write_atomic(url, b"newer")
    assert leftover.exists(), "a fresh temporary file may belong to another run"
    long_ago = leftover.stat().st_mtime - STALE_TEMPORARY_SECONDS - 1
    os.utime(leftover, (long_ago, long_ago))
    storage.write_atomic(url, b"newest")
    assert names_in(tmp_path) == ["a.bin"]


def test_concurrent_writers_never_tear_a_file(tmp_path: Path) -> None:
    url = str(tmp_path / "a.bin")
    contents = [bytes([letter]) * 200_000 for letter in b"abcd"]
    storage.write_atomic(url, contents[0])

    def write(content: bytes) -> None:
        for _ in range(10):
            storage.write_atomic(url, content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert storage.read_bytes(url) in contents
    assert names_in(tmp_path) == ["a.bin"]


def test_missing_files_and_unknown_protocols_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        storage.read_bytes(str(tmp_path / "missing"))
    with pytest.raises(StorageError, match="Correct the URL"):
        storage.write_atomic("nosuch://bucket/a", b"")


def test_passwords_in_urls_are_not_shown() -> None:
    assert storage.shown("sftp://me:secret@host/a@b") == "sftp://host/a@b"
    assert storage.shown("sftp://me:se@cret@host/a") == "sftp://host/a"
    assert storage.shown("pg://h/db?a=1&password=secret&b=2") == "pg://h/db?a=1&password=***&b=2"
