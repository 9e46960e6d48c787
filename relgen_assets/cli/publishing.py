"""The command `relgen publish`: a release on the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.layout import Line, print_facts, print_listing, say
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.release_documents import PublishDocument
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.project import Project
from relgen_assets.release.publishing import (
    Plan,
    files_and_bytes,
    plan_publication,
    publish,
)
from relgen_assets.settings.publishing_section import repository_name
from resources.hub_repository.changes import Changes
from resources.hub_repository.repository import HubRepository


def publish_release(
    project: Project,
    console: Console,
    folder: Path,
    repo: str | None,
    *,
    public: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
) -> None:
    """Publish a release, or say what would change, and print it.

    Args:
        project: The opened project.
        console: Where to print.
        folder: The release.
        repo: The repository; by default that of the settings.
        public: Make it public, or publish to a public one. One that is private stays so.
        dry_run: Change nothing.
        as_json: Print one document instead.

    Raises:
        ConfigurationError: No repository is named, or its name is none.
        ActionableError: The release may not be published, or the Hub refuses or fails.
    """
    settings = project.settings
    repository = HubRepository(_named(repo if repo is not None else settings.publishing.repo))
    private = settings.publishing.private and not public
    policy = settings.rights.policy()
    commit = None
    with shown_progress():
        if dry_run:
            plan = plan_publication(folder, repository, policy, private=private)
        else:
            done = publish(folder, repository, policy, private=private)
            plan, commit = done.plan, done.commit
    if as_json:
        print_document(_document(plan, repository, commit))
    else:
        _print(console, plan, repository, commit)
        if public and plan.private:
            say(console, "The repository is private and stays so; its settings there change that.")


def _named(repo: str | None) -> str:
    """Return a checked name of a repository."""
    if repo is None:
        raise ConfigurationError(
            "no repository is named.",
            where="relgen publish",
            remedy="Set publishing.repo in relgen.toml, or say --repo OWNER/NAME.",
        )
    try:
        return repository_name(repo)
    except ValueError as error:
        raise ConfigurationError(
            f"{error}.", where=repo, remedy="Name one like --repo my-lab/lakes."
        ) from error


def _document(plan: Plan, repository: HubRepository, commit: str | None) -> PublishDocument:
    _, sizes = files_and_bytes(plan.changes)
    by_action = plan.changes.by_action().items()
    return PublishDocument(
        repository=repository.name,
        url=repository.url,
        private=plan.private,
        is_new=plan.there is None,
        release=str(plan.folder),
        digest=plan.manifest.digest,
        dry_run=commit is None,
        commit=commit,
        files={action: [one.path for one in found] for action, found in by_action},
        sizes=dict(sizes),
    )


def _print(console: Console, plan: Plan, repository: HubRepository, commit: str | None) -> None:
    if commit is None:
        print_listing(console, ("file", "change", "bytes"), _lines(plan.changes), left={"change"})
    if plan.changes.is_empty:
        say(console, "Nothing has changed: the repository holds this release already.")
    elif commit is None:
        made = "" if plan.there is not None else " The repository would be made."
        say(console, f"Nothing was changed: this is what would be.{made}")
    files, sizes = files_and_bytes(plan.changes)
    facts = [
        ("repository", f"{repository.url} ({'private' if plan.private else 'public'})"),
        ("release", str(plan.folder)),
        ("digest", plan.manifest.digest),
        *((action, f"{count:,} files, {sizes[action]:,} bytes") for action, count in files.items()),
    ]
    if commit is not None:
        facts.append(("commit", f"{repository.url}/commit/{commit}"))
    print_facts(console, facts)


def _lines(changes: Changes) -> list[Line]:
    """Return what happens to each file that does not stay as it is."""
    return [
        Line((one.path, action, f"{one.size:,}"))
        for action, found in changes.by_action().items()
        if action != "unchanged"
        for one in found
    ]
