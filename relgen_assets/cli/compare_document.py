"""What `relgen compare --json` prints."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.cli.document import Document
from relgen_assets.evaluation.comparison import Measured
from relgen_assets.evaluation.intervals import Interval


class CompareDocument(Document):
    """What `relgen compare --json` prints; differences are those of B against A."""

    a: str = Field(description="Setting A, as it was named.")
    b: str = Field(description="Setting B, as it was named.")
    verdict: str = Field(description="`worse`, `not worse` or `undecided`.")
    chunks: int = Field(description="Number of chunks.")
    articles: int = Field(description="Number of their articles.")
    margin: float = Field(description="How much worse B may be and still pass, as a share.")
    findable: float | None = Field(
        description="Smallest difference of a share that this many chunks reveal nine times in ten."
    )
    chunks_needed: int | None = Field(
        description="About how many chunks find a difference of the margin nine times in ten."
    )
    accepted: Measured = Field(description="Share of the chunks whose answer makes a row.")
    supported: Measured = Field(description="Share of the stated relations that are supported.")
    relations: Measured = Field(description="Supported relations per chunk.")
    agreement: Interval = Field(
        description="Share of the pairs of names that both relate, of those that either does."
    )
    tokens_read: Measured = Field(description="Prompt tokens per chunk.")
    tokens_written: Measured = Field(description="Answer tokens per chunk.")
    seconds: Measured = Field(description="Seconds per chunk on an endpoint.")
    watt_hours: Measured | None = Field(
        description="Energy per chunk; `null` unless every endpoint has `watts`."
    )
