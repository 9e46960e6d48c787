"""The documents that `--json` prints: one on standard output, with stable keys.

Keys are only ever added. What a key means stands here, and `docs/exit-codes.md` is made from it.
Durations are seconds, speeds tokens per second, energy kilowatt-hours. What is unknown is `null`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from relgen_assets.cli.compare_document import CompareDocument
from relgen_assets.cli.document import Document
from relgen_assets.cli.evaluation_documents import EvaluateDocument, NeedleDocument
from relgen_assets.cli.release_documents import (
    PublishDocument,
    RebuildDocument,
    ReleaseDocument,
    VerifyDocument,
)
from relgen_assets.cli.setup_documents import DoctorDocument, PromptsDocument
from relgen_assets.cli.story_document import ShowDocument, TryDocument
from relgen_assets.domain_errors import ActionableError


class FaultPart(Document):
    """An error, in the three parts that a person gets."""

    what: str = Field(description="What happened.")
    where: str = Field(description="The file, setting, endpoint or batch; may be empty.")
    remedy: str = Field(description="What to do about it; may be empty.")

    @classmethod
    def of(cls, error: ActionableError) -> FaultPart:
        """Return an error as a part of a document."""
        return cls(what=error.what, where=error.where, remedy=error.remedy)


class CountsPart(Document):
    """What one or several batches hold; tables not written yet count as empty."""

    articles: int = Field(description="Articles, unusable ones included.")
    unusable: dict[str, int] = Field(description="Unusable articles by reason.")
    control_tokens: dict[str, int] = Field(
        description="Control tokens of chat templates that articles held, by token; all were made"
        " harmless."
    )
    chunks: int = Field(description="Chunks of the usable articles.")
    valid: int = Field(description="Chunks whose answer was accepted as it was.")
    repaired: int = Field(description="Chunks whose answer was accepted after repairs.")
    rejected: int = Field(description="Chunks without a usable answer.")
    reasons: dict[str, int] = Field(description="Those chunks by reason.")
    prompt_tokens: int = Field(description="Tokens read by the servers.")
    completion_tokens: int = Field(description="Tokens written by the servers.")
    generation_seconds: float = Field(description="Time of all requests on their endpoints, added.")


class BatchPart(Document):
    """A batch that has been begun."""

    batch: str = Field(description="Key of the batch.")
    counts: CountsPart = Field(description="What it holds.")


class BatchFaultPart(Document):
    """A batch that something is wrong with."""

    batch: str = Field(description="Key of the batch.")
    fault: FaultPart = Field(description="What is wrong.")


class ChangedPart(Document):
    """An article of a batch that is no longer in the source as it was."""

    batch: str = Field(description="Key of the batch.")
    article: str = Field(description="Id of the article.")
    title: str = Field(description="The beginning of its title.")
    change: Literal["edited", "moved", "withdrawn"] = Field(description="What became of it.")
    kept: bool = Field(description="Whether the batch keeps it as it was, by the settings.")


class RepeatedPart(Document):
    """An article with the id of another."""

    batch: str = Field(description="Key of its batch.")
    article: str = Field(description="Its id.")
    title: str = Field(description="The beginning of its title.")
    other: str = Field(description="The batch of the other one.")


class SourcePart(Document):
    """The source, compared with the batches that were begun."""

    new_articles: int = Field(description="Articles that are in no batch yet.")
    dropped_articles: int = Field(description="Articles whose batch was dropped.")
    new_batches: int = Field(description="Batches that these would make.")
    changed: list[ChangedPart] = Field(description="Articles that are no longer as they were.")
    repeated: list[RepeatedPart] = Field(description="Articles with the id of another.")
    unlisted: list[str] = Field(
        description="Stored batches that the source of the settings has not."
    )


class StatusDocument(Document):
    """What `relgen status --json` prints."""

    articles: int = Field(description="Articles of the source.")
    batches_in_all: int = Field(description="Batches of the source.")
    batches: list[BatchPart] = Field(description="The batches that have been begun.")
    unreadable: list[BatchFaultPart] = Field(
        description="Begun batches with a table that cannot be read."
    )
    stale: dict[str, list[str]] = Field(
        description="Assets made under other settings, prompts or rules than now, by batch."
    )
    source: SourcePart = Field(description="The source, compared with the batches.")


class EndpointPart(Document):
    """What one endpoint serves."""

    name: str = Field(description="Its name in the settings.")
    url: str = Field(description="Its address.")
    kind: str = Field(description="Hardware: gpu, arm or cpu.")
    answers: bool = Field(description="Whether it just generated a few tokens.")
    server_type: str | None = Field(description="Server software, as in `dialect`.")
    model: str | None = Field(description="The model it serves.")
    slots: int | None = Field(description="Parallel requests.")
    context: int | None = Field(description="Context of one slot in tokens.")
    tokens_per_second: float | None = Field(description="Decode speed of one short answer.")
    fault: str | None = Field(description="Why it does not answer.")
    answered: int = Field(description="Its answers in the ledger.")
    usable_share: float | None = Field(
        description="Share of those answers that could be used; nothing without answers."
    )


class EndpointsDocument(Document):
    """What `relgen endpoints --json` prints."""

    answering: int = Field(description="How many endpoints answer.")
    endpoints: list[EndpointPart] = Field(description="All endpoints of the settings.")


class StagePart(Document):
    """All calls of one task of a plan."""

    task: str = Field(description="`summary`, `entities`, `extraction` or `second_opinion`.")
    calls: int = Field(description="Calls to answer, further attempts included.")
    refused: int = Field(description="Calls whose prompt fits no server's context.")
    prompt_tokens: float = Field(description="Mean length of a prompt.")
    answer_tokens: float = Field(description="Mean length of an answer.")
    answer_tokens_assumed: bool = Field(
        description="Whether that length is assumed, not from the ledger."
    )
    seconds: float = Field(description="Their time, one batch after the other.")


class ServerPart(Document):
    """What one server of a plan would do."""

    name: str = Field(description="Name of the endpoint.")
    kind: str = Field(description="Hardware: gpu, arm or cpu.")
    slots: int = Field(description="Parallel requests.")
    slots_assumed: bool = Field(description="Whether neither settings nor server told the slots.")
    tokens_per_second: float = Field(description="Decode speed of one slot, all of them busy.")
    speed_origin: str = Field(
        description="`learned` from the ledger, `configured`, `measured`, `documented` or"
        " `assumed`."
    )
    assumed_from: str | None = Field(description="What an assumed speed was taken from.")
    calls: float = Field(description="Calls it answers.")
    share: float = Field(description="Its part of all answer tokens, from 0 to 1.")
    busy_seconds: float = Field(description="Time with at least one busy slot.")
    kwh: float | None = Field(description="Energy while busy; `null` without `watts`.")


class PlanDocument(Document):
    """What `relgen plan --json` prints."""

    articles: int = Field(description="Articles of the run.")
    sampled_articles: int = Field(description="Articles that the plan was estimated from.")
    chunks_per_article: float = Field(description="Mean number of chunks of an article.")
    chunks_per_article_error: float = Field(description="Its standard error; 0 if exact.")
    stages: list[StagePart] = Field(
        description="Summaries and extractions; between them the names of mode `two_pass`."
    )
    servers: list[ServerPart] = Field(description="The servers, in the order of the settings.")
    calls: int = Field(description="All calls.")
    seconds: float = Field(description="Time of the run, one batch after the other.")
    overlapped_seconds: float = Field(description="Time when runs overlap.")
    kwh: float | None = Field(description="Energy of all servers; `null` without `watts`.")
    seconds_saved_by_one_more: dict[str, float] = Field(
        description="What one more server would save, by kind."
    )


class CheckPart(Document):
    """The result of one asset check."""

    batch: str | None = Field(description="Batch that was checked; `null` for all batches.")
    asset: str = Field(description="The asset.")
    check: str = Field(description="Name of the check.")
    result: str = Field(description="`passed`, `warning` or `failed`.")
    details: dict[str, Any] = Field(description="What the check recorded.")


class UncheckedPart(Document):
    """Checks that could not run, and why."""

    batch: str | None = Field(description="Their batch; `null` for checks over all batches.")
    checks: list[str] = Field(description="The checks, as `asset.check`.")
    missing_assets: list[str] = Field(
        description="Assets that the batch has not written yet; empty if there is another reason."
    )
    fault: FaultPart = Field(description="Why they could not run.")


class CheckDocument(Document):
    """What `relgen check --json` prints."""

    passed: int = Field(description="Checks that passed.")
    warnings: int = Field(description="Checks with a warning.")
    failed: int = Field(description="Failed checks of error severity.")
    not_checked: int = Field(description="Checks that could not run.")
    checks: list[CheckPart] = Field(description="All results.")
    unchecked: list[UncheckedPart] = Field(description="What could not be checked.")


class RunDocument(Document):
    """What `relgen run --json` prints at its end, also if batches failed."""

    batches: list[str] = Field(description="Batches that are done.")
    failed: list[BatchFaultPart] = Field(description="Batches that failed.")
    card_fault: FaultPart | None = Field(description="Why the dataset card was not renewed.")
    counts: CountsPart = Field(description="What the batches that are done hold.")
    seconds: float = Field(description="Time of the command.")
    kwh: float | None = Field(description="Energy spent on these batches in all runs.")
    dataset: str = Field(description="Folder of the dataset.")


class CallsPart(Document):
    """Calls of one task, model and standing."""

    task: str = Field(description="The kind of work.")
    model: str = Field(description="The model.")
    standing: str = Field(description="Whether the answers count, are superseded, or failed.")
    calls: int = Field(description="Number of calls.")
    prompt_tokens: int = Field(description="Tokens read.")
    completion_tokens: int = Field(description="Tokens written.")
    seconds: float = Field(description="Time on the endpoints, added.")


class VerdictPart(Document):
    """Answers with the same verdict."""

    rules: str = Field(description="Version of the rules.")
    verdict: str = Field(description="The verdict.")
    reason: str | None = Field(description="Reason of a rejection.")
    answers: int = Field(description="Number of answers.")


class LedgerDocument(Document):
    """What `relgen ledger stats --json` prints."""

    where: str = Field(description="The database, without its password.")
    schema_version: str = Field(description="Version of its tables.")
    size_bytes: int = Field(description="Size of its tables.")
    first: str | None = Field(description="When the first call was recorded, in UTC.")
    last: str | None = Field(description="When the last call was recorded, in UTC.")
    calls: list[CallsPart] = Field(description="Calls by task, model and standing.")
    verdicts: list[VerdictPart] = Field(description="Verdicts on answers.")


DOCUMENTS: Mapping[str, type[Document]] = {
    "run": RunDocument,
    "status": StatusDocument,
    "endpoints": EndpointsDocument,
    "plan": PlanDocument,
    "check": CheckDocument,
    "show": ShowDocument,
    "try": TryDocument,
    "compare": CompareDocument,
    "evaluate": EvaluateDocument,
    "needle": NeedleDocument,
    "doctor": DoctorDocument,
    "prompts list": PromptsDocument,
    "ledger stats": LedgerDocument,
    "release": ReleaseDocument,
    "verify": VerifyDocument,
    "rebuild": RebuildDocument,
    "publish": PublishDocument,
}
"""What each command prints with `--json`."""
