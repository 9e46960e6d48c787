"""The command `relgen release`: checks, then a version of the dataset in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.layout import print_facts, say
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.release_documents import ReleaseDocument
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.export.configs import FULL
from relgen_assets.orchestration.check_runs import CheckRuns
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.releasing import (
    Release,
    make_release,
    release_order,
    require_batches,
    require_current,
    require_green,
)
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets.release.permission import forbidden_rows
from relgen_assets.release.places import wanted_place
from relgen_assets.rights.publishing import Policy


def release_dataset(
    project: Project,
    console: Console,
    root: Path,
    named: str | None,
    *,
    every_row: bool = False,
    as_json: bool = False,
) -> None:
    """Check the dataset, make a release of it and print what it holds.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        named: A name in the project's folder of releases, or the path of a new folder; by default
            the name follows from the content.
        every_row: Keep rows that may not be published.
        as_json: Print one document instead.

    Raises:
        ConfigurationError: Something is there already.
        ActionableError: The dataset is not fit for release, or a file cannot be read or written.
    """
    storage = project.settings.storage
    parent, name = wanted_place(Path(storage.releases), named)
    batches = require_batches(project)
    tables = build_resources(project.settings).io_manager
    with shown_progress():
        with opened_instance(root) as instance:
            require_current(instance, project, batches)
            runs = CheckRuns(build_defs(project), instance, tables, storage.dataset)
            require_green(runs, batches)
        order = release_order(project, tables, every_row=every_row)
        release = make_release(order, storage.dataset, parent, name)
    if as_json:
        print_document(release_document(release))
    else:
        if not release.is_new:
            say(console, "Nothing has changed: this release is there already.")
        print_release(console, release, project.settings.rights.policy())


def release_document(release: Release) -> ReleaseDocument:
    """Return a release as a document."""
    manifest = release.manifest
    return ReleaseDocument(
        folder=str(release.folder),
        digest=manifest.digest,
        is_new=release.is_new,
        every_row=manifest.every_row,
        batches=manifest.batches,
        rows=manifest.rows,
        left_out=manifest.left_out,
        files=len(manifest.files),
        size_bytes=sum(one.bytes for one in manifest.files),
    )


def print_release(console: Console, release: Release, policy: Policy) -> None:
    """Print where a release is, what it holds, and what of that the policy does not publish."""
    manifest = release.manifest
    splits = manifest.rows[FULL.name]
    by_split = ", ".join(f"{split} {rows:,}" for split, rows in splits.items())
    megabytes = sum(one.bytes for one in manifest.files) / 1e6
    facts = [
        ("release", str(release.folder)),
        ("examples", f"{sum(splits.values()):,} ({by_split})"),
        ("configs", ", ".join(manifest.rows)),
        *_left_out(manifest.left_out),
        ("files", f"{len(manifest.files):,}, {megabytes:,.1f} MB"),
        ("digest", manifest.digest),
    ]
    print_facts(console, facts)
    forbidden = forbidden_rows(release.folder, manifest, policy) if manifest.every_row else None
    if forbidden:
        reasons = "; ".join(f"{reason} {count:,}" for reason, count in forbidden.most_common())
        said = f"{forbidden.total():,} of its examples may not be published ({reasons})."
        say(console, f"{said} Do not share it.")


def _left_out(reasons: dict[str, int]) -> list[tuple[str, str]]:
    if not reasons:
        return []
    listed = "; ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    return [("left out", f"{sum(reasons.values()):,} ({listed})")]
