"""One endpoint asked about texts with gold, and its answers scored.

The first answer counts: nothing is asked again because an answer is unusable, so that endpoints are
compared by what they write and not by how often they were asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from relgen_assets.evaluation.gold import GoldText
from relgen_assets.evaluation.scoring import Scored, score
from relgen_assets.extraction.validation import judgement_of
from relgen_assets.generation.acceptance import summary_judge
from relgen_assets.generation.entity_pass import entity_requests, first_passes
from relgen_assets.generation.extraction_requests import (
    EXTRACTION_TASK,
    ExtractionTask,
    extraction_tasks,
)
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.generation.not_asked import NO_SUMMARY
from relgen_assets.generation.prompt_tokens import estimate_tokens
from relgen_assets.generation.sampling import seed_of
from relgen_assets.generation.summary_requests import summary_request
from relgen_assets.orchestration.evaluating.prompts import Asking
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import STUDENT_TASKS
from relgen_assets.rows.models import Chunk, Mode, Paper, RawExtraction, StudentPrompt
from relgen_assets.settings import Settings
from resources.control_tokens import neutralised
from resources.generation import Generation, GenerationRequest, Message, Outcome, Sampling
from resources.llama_server_pool.pool import LlamaServerPool

SUMMARISED: Final = 3_000
"""Characters of a document that its summary is asked for with: about the longest abstracts."""
_LABELS: Final = {"partition": "", "run_id": "", "asked_by": "relgen evaluate"}


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of asking one endpoint.

    Attributes:
        endpoint: Its name.
        prompt: The prompt that it was asked with, as users write it.
        prompt_version: Version of that template.
        mode: How decoding was constrained; `None` if it was not.
        rows: Its answers, one for each text and in their order.
        scored: What each is worth.
    """

    endpoint: str
    prompt: str
    prompt_version: str
    mode: Mode | None
    rows: Sequence[RawExtraction]
    scored: Sequence[Scored]

    @property
    def model(self) -> str:
        """The model that answered; empty if none did."""
        return next((row.model for row in self.rows if row.model), "")


@dataclass(frozen=True)
class Examiner:
    """Asks endpoints about the same texts.

    Attributes:
        project: The opened project, whose prompts are used.
        texts: The texts.
    """

    project: Project
    texts: Sequence[GoldText]

    def summaries(self, pool: LlamaServerPool) -> dict[str, str]:
        """Return a summary of each document, by its id, asked for where there is none.

        A document of a gold file is summarised as an abstract is. A single text is its own summary.

        Args:
            pool: The server that writes them.

        Raises:
            NoEndpointLeft: The server does not answer.
        """
        known = {one.document: one.summary for one in self.texts if one.summary is not None}
        open_texts: dict[str, list[str]] = {}
        for one in self.texts:
            if one.document not in known:
                open_texts.setdefault(one.document, []).append(one.text)
        project = self.project
        requests = [
            summary_request(
                _paper(document, " ".join(texts)[:SUMMARISED]),
                project.settings.summaries,
                project.chunker.count,
                _LABELS,
                prompts=project.prompts,
            )
            for document, texts in open_texts.items()
            if len(texts) > 1 and project.settings.summaries.enabled
        ]
        alone = {document: texts[0] for document, texts in open_texts.items() if len(texts) == 1}
        result = pool.generate(
            requests, accept=summary_judge(requests), attempts=2, title="summaries of gold"
        )
        return (
            known
            | alone
            | {
                document: neutralised(outcome.text)
                for document, outcome in result.outcomes.items()
                if isinstance(outcome, Generation) and outcome.text.strip()
            }
        )

    def examine(
        self,
        name: str,
        pool: LlamaServerPool,
        settings: Settings,
        asked: Asking,
        summaries: Mapping[str, str],
    ) -> Examined:
        """Ask an endpoint about every text and score its answers.

        Args:
            name: Name of the endpoint.
            pool: A pool of this endpoint alone.
            settings: The settings under which it is asked.
            asked: With which prompt.
            summaries: Summary by document; a text without one is not asked about with prompts that
                show it, and counts as not answered.

        Raises:
            NoEndpointLeft: The server does not answer; what it has answered is in the ledger.
        """
        mode: Mode | None = None
        if asked.student is None:
            mode = settings.extractions.mode_for(embedded=not settings.pool.endpoints)
            tasks = self._run_tasks(name, pool, settings, mode, summaries)
        else:
            tasks = [
                self._student_task(one, settings, asked.student, _shown(one, asked, summaries))
                for one in self.texts
            ]
        requests = [_own(name, task.request) for task in tasks if task.request is not None]
        outcomes = pool.generate(requests, title=f"{name}, answers").outcomes
        rows = [_row(task, outcomes) for task in tasks]
        policy = settings.judging_policy
        scored: list[Scored] = []
        for gold, row in zip(self.texts, rows, strict=True):
            completed = row.status == "completed"
            verdict = judgement_of(row, gold.text, policy) if completed else None
            scored.append(score(gold, row.text if completed else None, verdict))
        return Examined(
            endpoint=name,
            prompt=asked.name,
            prompt_version="+".join(dict.fromkeys(task.prompt_version for task in tasks)),
            mode=mode,
            rows=rows,
            scored=scored,
        )

    def _run_tasks(
        self,
        name: str,
        pool: LlamaServerPool,
        settings: Settings,
        mode: Mode,
        summaries: Mapping[str, str],
    ) -> list[ExtractionTask]:
        """Return the questions of a run; in mode `two_pass` after its first pass."""
        chunks = [self._chunk(one) for one in self.texts]
        own, count = settings.extractions, self.project.chunker.count
        prompts = self.project.prompts
        shown = summaries if settings.summaries.enabled else None
        outcomes: Mapping[str, Outcome] = {}
        if mode == "two_pass":
            first = entity_requests(chunks, shown, own, count, _LABELS, prompts=prompts)
            asked = [_own(name, request) for request in first]
            outcomes = pool.generate(asked, title=f"{name}, names").outcomes
        passes = first_passes(chunks, outcomes, own, settings.judging_policy)
        return extraction_tasks(
            chunks, shown, mode, own, count, _LABELS, prompts=prompts, first_passes=passes
        )

    def _student_task(
        self, gold: GoldText, settings: Settings, student: StudentPrompt, summary: str | None
    ) -> ExtractionTask:
        """Return the question to a trained model: one user turn, and no constraint on the answer.

        A student is served without a schema, so what it writes freely is what it is worth.
        """
        project, own = self.project, settings.extractions
        version = project.prompts.version(STUDENT_TASKS[student])
        chunk = self._chunk(gold)
        if summary is None:
            return ExtractionTask(chunk, "schema", [], version, None, NO_SUMMARY)
        shown = project.shaping.shown(summary, gold.text, student)
        messages = (Message(role="user", content=shown.whole),)
        request = GenerationRequest(
            subject=gold.gold_id,
            task=EXTRACTION_TASK,
            messages=messages,
            sampling=Sampling(own.temperature, own.bounds("schema").tokens, seed=seed_of(own)),
            prompt_tokens=estimate_tokens(messages, project.chunker.count),
            affinity=gold.document,
            labels={**_LABELS, "prompt_version": version},
        )
        return ExtractionTask(chunk, "schema", [], version, request)

    def _chunk(self, gold: GoldText) -> Chunk:
        return Chunk(
            chunk_id=gold.gold_id,
            paper_id=gold.document,
            index=0,
            text=gold.text,
            start=0,
            end=len(gold.text),
            overlap=0,
            tokens=self.project.chunker.count(gold.text),
        )


def _own(endpoint: str, request: GenerationRequest) -> GenerationRequest:
    """Return a request under a task of its endpoint: answers of others must not stand in for it."""
    return replace(request, task=f"{request.task}@{endpoint}")


def _shown(gold: GoldText, asked: Asking, summaries: Mapping[str, str]) -> str | None:
    """Return the summary that a student is shown: none where its prompt has no place for it."""
    return summaries.get(gold.document) if asked.shows_summary else ""


def _row(task: ExtractionTask, outcomes: Mapping[str, Outcome]) -> RawExtraction:
    return extraction_row(task, outcomes.get(task.chunk.chunk_id))


def _paper(document: str, text: str) -> Paper:
    return Paper(
        paper_id=document,
        source="gold",
        title="",
        abstract=text,
        section_names=[],
        article=text,
        status="used",
    )
