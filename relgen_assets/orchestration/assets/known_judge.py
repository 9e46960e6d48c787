"""Judging with the memory of the ledger, for the assets that judge answers."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.version import judged_by, validator
from relgen_assets.generation.kept_judgements import kept_judgements
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.models import Chunk
from resources.generation_ledger.ledger import GenerationLedger


def known_judge(
    project: Project, ledger: GenerationLedger, chunks: Iterable[Chunk]
) -> AbstractContextManager[Judge]:
    """Return a block with what judges the answers about chunks as the settings say."""
    judging, policy = project.settings.judging, project.settings.judging_policy
    rules = judged_by(validator(policy), asks_model=judging.asks_model)
    return kept_judgements(ledger, rules, policy, chunks)
