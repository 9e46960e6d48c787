"""Which rows a release holds, and what each of them came from.

A row is in a release if it may be published; `relgen_assets.rights` has decided that when the row
was written. Every row of a release names the ledger's entries of its summary and of its answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import pyarrow as pa
from pydantic import Field

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.examples import FullExample
from relgen_assets.export.splits import Split
from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SUMMARIES
from relgen_assets.rows.models import TableRow

PROVENANCE_FILE: Final = "provenance.parquet"


class Tables(Protocol):
    """The stored tables of batches."""

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        """Return a stored table, or only the named columns of it."""
        ...


class Provenance(TableRow):
    """Where a row of the release came from, in the order of the rows of `full`."""

    batch: str = Field(description="Batch that the row belongs to.")
    split: str = Field(description="Split that the row is in.")
    chunk_id: str = Field(description="Id of the chunk, as in `full`.")
    summary_key: str = Field(description="Key of the summary in the ledger.")
    answer_key: str = Field(description="Key of the answer in the ledger.")
    validator: str = Field(description="Rules that judged the answer.")


@dataclass(slots=True)
class Tally:
    """What a release holds and leaves out, counted.

    Attributes:
        rows: Rows of `full` in the release.
        unpublishable: Rows that may not be published, in the release or not, by reason.
        licences: Rows in the release by the id of their article's licence.
        models: Models that wrote a part of these rows.
    """

    rows: int = 0
    unpublishable: Counter[str] = field(default_factory=Counter[str])
    licences: Counter[str] = field(default_factory=Counter[str])
    models: set[str] = field(default_factory=set[str])


def choose(examples: Iterable[FullExample], tally: Tally, *, every_row: bool) -> list[FullExample]:
    """Return the examples that a release holds, in their order, and count them.

    Args:
        examples: Examples of the dataset.
        tally: The counts, which are added to.
        every_row: Keep those that may not be published as well.
    """
    chosen: list[FullExample] = []
    for example in examples:
        if not example.publishable:
            tally.unpublishable[example.publishing_reason] += 1
            if not every_row:
                continue
        chosen.append(example)
        tally.licences[example.licence] += 1
        tally.models.update((example.model, example.summary_model))
    tally.rows += len(chosen)
    return chosen


@dataclass(frozen=True, slots=True)
class LedgerKeys:
    """The ledger's keys of one batch.

    Attributes:
        summaries: Key of the summary by id of the article.
        answers: Key of the answer by id of the chunk.
    """

    summaries: dict[str, str]
    answers: dict[str, str]

    def provenance(
        self, examples: Sequence[FullExample], batch: str, split: Split, rules: str
    ) -> list[Provenance]:
        """Return where examples came from.

        Args:
            examples: Examples of one split of the batch.
            batch: Key of the batch.
            split: Their split.
            rules: Version of the rules that judged their answers.

        Raises:
            DatasetError: An example has no row in the tables of its batch.
        """
        try:
            return [
                Provenance(
                    batch=batch,
                    split=split,
                    chunk_id=example.chunk_id,
                    summary_key=self.summaries[example.paper_id],
                    answer_key=self.answers[example.chunk_id],
                    validator=rules,
                )
                for example in examples
            ]
        except KeyError as error:
            raise DatasetError(
                f"the tables of this batch have no row for {error.args[0]}, which the dataset has.",
                where=batch,
                remedy=f"Make the batch again, which asks nothing: relgen run --batches {batch}",
            ) from error


def ledger_keys(tables: Tables, batch: str) -> LedgerKeys:
    """Return the ledger's keys of a batch, from its stored tables.

    Raises:
        StorageError: A table is missing or cannot be read.
    """
    return LedgerKeys(
        _keys(tables, SUMMARIES.asset, "paper_id", batch),
        _keys(tables, RAW_EXTRACTIONS.asset, "chunk_id", batch),
    )


def _keys(tables: Tables, asset: str, subject: str, batch: str) -> dict[str, str]:
    stored = tables.read(asset, batch, (subject, "key"))
    return dict(
        zip(stored.column(subject).to_pylist(), stored.column("key").to_pylist(), strict=True)
    )
