"""Asset `published_dataset`: the newest release on the Hugging Face Hub."""

from pathlib import Path

import dagster as dg

from relgen_assets.orchestration.assets.common import GROUP, OWNERS
from relgen_assets.orchestration.progress_log import logged_progress
from relgen_assets.orchestration.project import Project
from resources.step_failures import remedy_first


def build(project: Project, repo: str) -> dg.AssetsDefinition:
    """Return the asset that publishes to a repository; it is made by hand, never by itself.

    Args:
        project: The opened project.
        repo: Name of the repository, with its owner.
    """
    settings = project.settings

    @dg.asset(
        deps=["dataset_card"],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "huggingface"},
    )
    @remedy_first()
    def published_dataset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """The newest release, on the Hugging Face Hub; only files that changed are sent."""
        # The Hub's client takes a second to import, which no other asset should wait for.
        from relgen_assets.release.places import newest_release
        from relgen_assets.release.publishing import files_and_bytes, publish
        from resources.hub_repository.repository import HubRepository

        repository = HubRepository(repo)
        with logged_progress(context.log):
            done = publish(
                newest_release(Path(settings.storage.releases)),
                repository,
                settings.rights.policy(),
                private=settings.publishing.private,
            )
        plan = done.plan
        files, sizes = files_and_bytes(plan.changes)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(plan.manifest.version),
            metadata={
                "repository": repo,
                "url": dg.MetadataValue.url(repository.url),
                "commit": dg.MetadataValue.url(f"{repository.url}/commit/{done.commit}"),
                "private": plan.private,
                "release": dg.MetadataValue.path(str(plan.folder)),
                "digest": plan.manifest.digest,
                "files": dict(files),
                "bytes": dict(sizes),
            },
        )

    return published_dataset
