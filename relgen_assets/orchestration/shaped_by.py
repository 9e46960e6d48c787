"""What shaped the rows of a batch, for its manifest: code versions, and settings to be read.

A version says whether two batches were made alike, the settings say in what they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from relgen_assets.batching.manifests import Manifests
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.versions import HF_DATASET
from relgen_assets.prompts import PROMPT_TASKS
from relgen_assets.rows.asset_tables import SECOND_OPINIONS
from relgen_assets.rows.type_scheme import TypeScheme

MADE_UNDER: Final = "made_under"
"""Metadata of a stored table: the code version of its asset in the run that wrote it."""


def note_shape(project: Project, key: str, tables: Mapping[str, pa.Table]) -> None:
    """Write into the manifest of a batch what the rows in its shards were made under.

    Args:
        project: The opened project.
        key: Partition key of the batch.
        tables: The tables its shards were made of, by asset.
    """
    manifests: Manifests = project.planner.manifests
    manifest = manifests.one(key)
    if manifest is None:
        return
    opinions, store = SECOND_OPINIONS.asset, project.planner.store
    # Verdicts are made of them, not shards. The settings may ask for them since a moment ago.
    if project.settings.judging.asks_model and store.exists(opinions, key):
        tables = {**tables, opinions: store.read(opinions, key, ("chunk_id",))}
    versions = {
        asset: noted.decode()
        for asset, table in tables.items()
        if (noted := (table.schema.metadata or {}).get(MADE_UNDER.encode())) is not None
    }
    versions[HF_DATASET] = project.code_versions[HF_DATASET]
    manifests.write(
        manifest.model_copy(update={"shaped_by": versions, "settings": shape_of(project)})
    )


def shape_of(project: Project) -> dict[str, Any]:
    """Return the settings that decide the rows of a batch, as a person reads them."""
    own = project.settings
    source = own.source.model_dump(mode="json", exclude={"articles"}, exclude_defaults=True)
    places = {name: own.named(value) for name, value in source.items() if isinstance(value, str)}
    endpoints = own.pool.endpoints
    models = {own.pool.model, *(one.model for one in endpoints)} - {None, ""}
    shares = {"validation_percent", "test_percent", "empty_percent"}
    return {
        "source": {"kind": own.source.kind, **source, **places},
        "chunking": own.chunking.model_dump(mode="json", exclude_defaults=True),
        "prompts": {task: project.prompts.version(task) for task in PROMPT_TASKS},
        "mode": own.extractions.mode_for(embedded=not endpoints),
        **({"types": _types(own.extractions.scheme)} if own.extractions.scheme else {}),
        "models": sorted(str(one) for one in models) or ["of the server"],
        "judging": own.judging.model_dump(mode="json", exclude_defaults=True),
        "splits": own.dataset.model_dump(mode="json", include=shares),
    }


def _types(scheme: TypeScheme) -> dict[str, list[str]]:
    return {"entities": [*scheme.entity_names], "relations": [*scheme.relation_names]}
