"""Reconciliation: nothing is lost between the articles of the source and the rows of the dataset.

The counts before and after each step have to add up, for one batch or for many. Whether anything is
mixed up is checked in `lineage`. No Dagster, no files: the caller reads the tables and chooses the
batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pyarrow as pa
import pyarrow.compute as pc

from relgen_assets.export.configs import REJECTED, expected_rows
from relgen_assets.export.lengths import Lengths

PAPER_COLUMNS = ("status", "reason")
CHUNK_COLUMNS = ("chunk_id",)
RAW_COLUMNS = ("chunk_id", "status", "reason")
VERDICT_COLUMNS = ("chunk_id", "verdict", "reason", "evidence")
"""The columns that a balance reads; none of them holds texts."""

_NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True)
class Balance:
    """Counts of articles, chunks and rows by what became of them; balances can be added.

    Attributes:
        articles: Articles of the source.
        used: Articles that were cut into chunks.
        unusable: Articles that were not, by reason.
        chunks: Chunks of the used articles.
        valid: Chunks whose answer was accepted as it was.
        repaired: Chunks whose answer was accepted after repairs.
        rejected: Chunks whose answer was rejected, by reason.
        failed: Chunks without an answer, by reason.
        strays: Verdicts without a chunk, and further verdicts on a chunk that has one.
        rows: Rows of the dataset, by config.
        empty: Chunks whose accepted answer states no relation.
        empty_rows: Rows of the dataset without a relation.
        lengths: How many rows only the config `full` holds, and which are shown in parts.
    """

    articles: int = 0
    used: int = 0
    unusable: Counter[str] = field(default_factory=Counter[str])
    chunks: int = 0
    valid: int = 0
    repaired: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    failed: Counter[str] = field(default_factory=Counter[str])
    strays: int = 0
    rows: Counter[str] = field(default_factory=Counter[str])
    empty: int = 0
    empty_rows: int = 0
    lengths: Lengths = field(default_factory=Lengths)

    def __add__(self, other: Balance) -> Balance:
        names = [one.name for one in fields(self)]
        return Balance(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def usable(self) -> int:
        """Chunks with an accepted answer."""
        return self.valid + self.repaired

    @property
    def filled(self) -> int:
        """Chunks that have to be rows of the dataset: their answers state relations."""
        return self.usable - self.empty

    def lost_articles(self) -> list[str]:
        """Report missing articles; not even an unfinished batch may miss any."""
        unusable = self.unusable.total()
        if self.articles == self.used + unusable:
            return []
        return [f"{self.articles} articles, but {self.used} used + {unusable} unusable"]

    def differences(self, *, keeps_rejected: bool = False) -> list[str]:
        """List the equations that do not hold; none means that nothing was lost.

        Args:
            keeps_rejected: Whether the dataset has to hold the rejected answers as well.
        """
        rejected, failed = self.rejected.total(), self.failed.total()
        found = self.lost_articles()
        if self.chunks != self.usable + rejected + failed:
            found.append(
                f"{self.chunks} chunks, but {self.valid} valid + {self.repaired} repaired"
                f" + {rejected} rejected + {failed} failed"
            )
        if self.strays:
            found.append(f"{self.strays} verdicts without a chunk of their own")
        unexplained = (self.unusable + self.rejected + self.failed)[_NO_REASON]
        if unexplained:
            found.append(f"{unexplained} articles or chunks were left out without a reason")
        if self.empty_rows > self.empty:
            found.append(f"{self.empty_rows} rows without relations, but {self.empty} such chunks")
        if keeps_rejected and self.rows[REJECTED.name] != rejected:
            found.append(
                f"{self.rows[REJECTED.name]} rejected rows, but {rejected} rejected chunks"
            )
        left_out = f" - {self.empty - self.empty_rows} left out" if self.empty else ""
        lengths = self.lengths
        dropped = f" - {lengths.too_long} too long" if lengths.too_long else ""
        if lengths.overlapping:
            dropped += f" - {lengths.overlapping} that overlap with evaluation sets"
        if lengths.rechunked:
            dropped += f" - {lengths.rechunked} rechunked + {lengths.part_rows} parts"
        standing = self.filled + self.empty_rows
        return found + [
            f"{self.rows[config]} rows in {config}, not {expected}: {self.valid} valid"
            f" + {self.repaired} repaired chunks{left_out}{dropped}"
            for config, expected in expected_rows(standing, lengths).items()
            if self.rows[config] != expected
        ]


def balance(
    papers: pa.Table,
    chunks: pa.Table,
    raw: pa.Table,
    validated: pa.Table,
    *,
    articles: int,
    rows: Mapping[str, int],
    empty_rows: int = 0,
    lengths: Lengths | None = None,
) -> Balance:
    """Count what became of one batch.

    A chunk without a verdict is counted in no class, which breaks the equations.

    Args:
        papers: Table of `raw_papers` with `PAPER_COLUMNS` at least.
        chunks: Table of `chunks` with `CHUNK_COLUMNS`.
        raw: Table of `raw_extractions` with `RAW_COLUMNS`.
        validated: Table of `validated_extractions` with `VERDICT_COLUMNS`.
        articles: Articles that the source has for the batch.
        rows: Rows of the dataset, by config.
        empty_rows: Rows of the dataset without a relation.
        lengths: What the footers of the dataset say of long rows.
    """
    statuses = Counter(papers.column("status").to_pylist())
    unusable = papers.filter(pc.equal(papers.column("status"), "unusable"))
    asked = set(chunks.column("chunk_id").to_pylist())
    answered = {
        row["chunk_id"]
        for row in raw.select(RAW_COLUMNS).to_pylist()
        if row["status"] == "completed"
    }
    plain = validated.select([name for name in VERDICT_COLUMNS if name != "evidence"])
    verdicts = {row["chunk_id"]: row for row in plain.to_pylist()}
    related = dict(
        zip(
            validated.column("chunk_id").to_pylist(),
            pc.list_value_length(validated.column("evidence")).to_pylist(),
            strict=True,
        )
    )
    taken: Counter[str] = Counter()
    empty = 0
    rejected: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for chunk_id in asked & verdicts.keys():
        verdict = verdicts[chunk_id]
        if verdict["verdict"] != "rejected":
            taken[verdict["verdict"]] += chunk_id in answered
            empty += chunk_id in answered and not related[chunk_id]
        elif chunk_id in answered:
            rejected[verdict["reason"] or _NO_REASON] += 1
        else:
            failed[verdict["reason"] or _NO_REASON] += 1
    return Balance(
        articles=articles,
        used=statuses["used"],
        unusable=Counter(reason or _NO_REASON for reason in unusable.column("reason").to_pylist()),
        chunks=chunks.num_rows,
        valid=taken["valid"],
        repaired=taken["repaired"],
        rejected=rejected,
        failed=failed,
        strays=validated.num_rows - len(asked & verdicts.keys()),
        rows=Counter(rows),
        empty=empty,
        empty_rows=empty_rows,
        lengths=lengths or Lengths(),
    )
