"""Whether the source has articles that are in no batch, and which batches they would make."""

from __future__ import annotations

from typing import Final

from relgen_assets.batching.manifest import digest_of_parts
from relgen_assets.orchestration.project import Project

AT_ONCE: Final = 100
"""Most batches that one look finds; the next look finds more."""


def new_batches(project: Project) -> dict[str, str]:
    """Look at the source anew and return the batches that were never begun.

    Batches that were dropped on purpose are left out.

    Args:
        project: The opened project.

    Returns:
        By partition key, a text that stays the same as long as the source does.

    Raises:
        SourceError: The source cannot be read.
    """
    batches = project.planner.plan(anew=True)
    plan = batches.plan
    wanted = [key for key in plan.new if not plan.was_dropped(key)][:AT_ONCE]
    return {key: digest_of_parts([batches.version, *map(str, plan.new[key])]) for key in wanted}
