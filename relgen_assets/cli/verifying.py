"""The command `relgen verify`: which files of a release are missing, added or changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import say, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.release_documents import VerifyDocument
from relgen_assets.release.verification import Verification, verify


def verify_release(folder: Path, console: Console, *, as_json: bool = False) -> ExitCode:
    """Compare a release with its manifest, print what differs, and return the exit status.

    Args:
        folder: Folder of the release.
        console: Where to print.
        as_json: Print one document instead.

    Raises:
        DatasetError: The folder holds no manifest, or a damaged one.
        StorageError: A folder in it cannot be listed.
    """
    with shown_progress():
        result = verify(folder)
    if as_json:
        print_document(_document(folder, result))
    else:
        for line in _findings(result):
            write(console, line)
        files = f"{len(result.manifest.files):,} files"
        verdict = (
            f"all {files} are as they were written"
            if result.is_intact
            else f"not as it was written: {sum(1 for _ in _findings(result))} findings in {files}"
        )
        say(console, f"{folder}: {verdict}; digest {result.manifest.digest}")
    return ExitCode.DONE if result.is_intact else ExitCode.FAILED


def _findings(result: Verification) -> Iterator[str]:
    yield from (f"missing: {path}" for path in result.missing)
    yield from (f"added: {path}" for path in result.added)
    yield from (f"changed: {path}: {fault}" for path, fault in result.changed.items())
    yield from (f"miscounted: {place}: {fault}" for place, fault in result.miscounted.items())


def _document(folder: Path, result: Verification) -> VerifyDocument:
    return VerifyDocument(
        folder=str(folder),
        digest=result.manifest.digest,
        is_intact=result.is_intact,
        files=len(result.manifest.files),
        missing=result.missing,
        added=result.added,
        changed=result.changed,
        miscounted=result.miscounted,
    )
