"""The chunks of a project into which needles are planted."""

from __future__ import annotations

from hashlib import sha256

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.evaluation.gold import GoldText
from relgen_assets.evaluation.needles import planted
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.rows.asset_tables import CHUNKS, SUMMARIES

BATCHES = 50
"""Most batches whose chunks are drawn from."""


def needles_in(tables: StoredTables, chunks: int, *, seed: int = 0) -> list[GoldText]:
    """Return needles in a sample of the stored chunks, chosen by a hash of their ids.

    Args:
        tables: The stored tables.
        chunks: Most chunks.
        seed: Other seeds plant other facts elsewhere.

    Raises:
        ConfigurationError: No chunk with a summary is stored.
        StorageError: A table cannot be read.
    """
    summaries: dict[str, str] = {}
    found = []
    for batch in tables.partitions(SUMMARIES.asset)[:BATCHES]:
        if tables.exists(CHUNKS.asset, batch):
            rows = SUMMARIES.rows(tables.read(SUMMARIES.asset, batch))
            summaries |= {row.paper_id: row.text for row in rows if row.text.strip()}
            found += CHUNKS.rows(tables.read(CHUNKS.asset, batch))
    known = [chunk for chunk in found if chunk.paper_id in summaries]
    if not known:
        raise ConfigurationError(
            "there is no chunk whose article has a summary.",
            where="needles",
            remedy="Make a batch first: relgen run --batches KEY",
        )
    known.sort(key=lambda chunk: sha256(chunk.chunk_id.encode()).digest())
    return planted(known[:chunks], summaries, seed=seed)
