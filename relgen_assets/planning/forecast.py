"""The simulated run: one batch after the other, as `relgen run` works, and with overlapping runs.

A few batches, simulated with the pool's own policy, represent all of them, so that a million
articles take no longer to forecast than twenty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from relgen_assets.generation.entity_pass import ENTITIES_TASK
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK
from relgen_assets.generation.second_opinions import SECOND_OPINION_TASK
from relgen_assets.generation.summary_requests import SUMMARY_TASK
from relgen_assets.planning.planned_servers import PlannedServer, one_more
from relgen_assets.planning.sampling import Sample
from resources.llama_server_pool.simulation.estimate import PlanEstimate, estimate
from resources.llama_server_pool.simulation.workload import SimulatedRequest, SimulatedServer

SIMULATED_BATCHES = 3
"""Number of batches that are simulated, with different articles, and averaged."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """All calls of one task.

    Attributes:
        calls: Calls to answer, further attempts included.
        unplaceable: Calls refused because their prompt fits no server's context.
        prompt_tokens: Mean length of a prompt.
        answer_tokens: Mean length of an answer.
        seconds: Their time, one batch after the other.
    """

    task: str
    calls: int
    unplaceable: int
    prompt_tokens: float
    answer_tokens: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """What one server would do.

    Attributes:
        calls: Expected number of calls it answers.
        share: Its fraction of all answer tokens.
        busy_seconds: Time with at least one busy slot.
        kwh: Energy while busy, from its `watts`.
    """

    planned: PlannedServer
    calls: float
    share: float
    busy_seconds: float
    kwh: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecast of a run.

    Attributes:
        stages: Summaries and extractions, between them the first pass of a mode with two, and
            second opinions at the end.
        servers: One entry per server, in the order of the settings.
        seconds: Time with one batch after the other, as `relgen run` does it.
        overlapped_seconds: Time if runs overlap, so that no server waits for the end of a batch.
        kwh: Energy of all servers while busy.
        savings: Seconds that another server would save, by kind of hardware.
    """

    articles: int
    stages: tuple[StagePlan, ...]
    servers: tuple[ServerPlan, ...]
    seconds: float
    overlapped_seconds: float
    kwh: float
    savings: Mapping[str, float]

    @property
    def calls(self) -> int:
        """Calls of all stages."""
        return sum(stage.calls for stage in self.stages)


@dataclass(frozen=True, slots=True)
class _Work:
    """The calls of one task, in the whole run and per batch."""

    task: str
    requests: Sequence[SimulatedRequest]
    calls: int
    per_batch: int

    @property
    def batches(self) -> float:
        return self.calls / self.per_batch


def forecast(
    fleet: Sequence[PlannedServer],
    sample: Sample,
    *,
    articles: int,
    batch_size: int,
    attempts: Mapping[str, float] | None = None,
) -> Plan:
    """Simulate a run.

    Args:
        fleet: The servers.
        sample: The calls that articles lead to.
        articles: Articles of the run.
        batch_size: Articles per batch.
        attempts: Calls per subject, by task; 1 by default.

    Raises:
        ConfigurationError: No prompt of a task fits the context of any server.
    """
    works = list(_works(sample, articles, batch_size, attempts or {}))
    servers = [one.server for one in fleet]
    in_batches = {work.task: _batch_after_batch(servers, work) for work in works}
    seconds = math.fsum(_seconds(works, in_batches))
    return Plan(
        articles=articles,
        stages=tuple(_stage(work, in_batches[work.task]) for work in works),
        servers=tuple(_server(one, works, in_batches) for one in fleet),
        seconds=seconds,
        overlapped_seconds=math.fsum(
            estimate(servers, work.requests, work.calls).seconds for work in works
        ),
        kwh=math.fsum(
            work.batches * fmean(run.kwh for run in in_batches[work.task]) for work in works
        ),
        savings={
            kind: seconds - math.fsum(_all_seconds([*servers, further], works))
            for kind, further in one_more(fleet).items()
        },
    )


def _works(
    sample: Sample, articles: int, batch_size: int, attempts: Mapping[str, float]
) -> list[_Work]:
    """Return the work of the run; leaves out tasks without calls."""
    per_article = {
        SUMMARY_TASK: (sample.summaries, sample.usable / sample.articles),
        ENTITIES_TASK: (sample.entities, sample.chunks),
        EXTRACTION_TASK: (sample.extractions, sample.chunks * sample.extraction_share),
        SECOND_OPINION_TASK: (
            sample.opinions,
            sample.chunks * sample.extraction_share * sample.relations,
        ),
    }
    works: list[_Work] = []
    for task, (requests, calls) in per_article.items():
        each = calls * attempts.get(task, 1.0)
        total = round(articles * each)
        if total and requests:
            per_batch = max(1, round(min(batch_size, articles) * each))
            works.append(_Work(task, requests, total, per_batch))
    return works


def _batch_after_batch(servers: Sequence[SimulatedServer], work: _Work) -> list[PlanEstimate]:
    count = min(SIMULATED_BATCHES, math.ceil(work.batches))
    return [estimate(servers, work.requests, work.per_batch, seed=seed) for seed in range(count)]


def _seconds(works: Sequence[_Work], runs: Mapping[str, Sequence[PlanEstimate]]) -> list[float]:
    return [work.batches * fmean(run.seconds for run in runs[work.task]) for work in works]


def _all_seconds(servers: Sequence[SimulatedServer], works: Sequence[_Work]) -> list[float]:
    return _seconds(works, {work.task: _batch_after_batch(servers, work) for work in works})


def _stage(work: _Work, runs: Sequence[PlanEstimate]) -> StagePlan:
    refused = fmean(run.unplaceable for run in runs) / work.per_batch
    unplaceable = round(work.calls * refused)
    return StagePlan(
        task=work.task,
        calls=work.calls - unplaceable,
        unplaceable=unplaceable,
        prompt_tokens=fmean(each.request.prompt_tokens for each in work.requests),
        answer_tokens=fmean(each.answer for each in work.requests),
        seconds=work.batches * fmean(run.seconds for run in runs),
    )


def _server(
    planned: PlannedServer, works: Sequence[_Work], runs: Mapping[str, Sequence[PlanEstimate]]
) -> ServerPlan:
    name = planned.server.name
    calls = busy = kwh = tokens = all_tokens = 0.0
    for work in works:
        scale = work.batches / len(runs[work.task])
        for run in runs[work.task]:
            all_tokens += scale * math.fsum(each.answer_tokens for each in run.servers)
            own = next(each for each in run.servers if each.name == name)
            calls += scale * own.requests
            busy += scale * own.busy_seconds
            kwh += scale * own.kwh
            tokens += scale * own.answer_tokens
    return ServerPlan(planned, calls, tokens / all_tokens if all_tokens else 0.0, busy, kwh)
