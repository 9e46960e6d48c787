"""What a second opinion adds to the rules, on the cases of `benchmarks.truth`.

Every case is judged by the rules and by a model, through the pool and the request that the graph
uses. Of the evidence that the rules find the model sees just that; where they find none, the
sentences that name a side, so that it can be judged alone. *Refused* is the share of cases that
the rules refuse, that the model denies, and that at least one of both does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from relgen_assets.extraction.evidence import EvidenceText, Finding
from relgen_assets.extraction.second_opinion import Claim, Stance, read_opinion
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.generation.second_opinions import ATTEMPTS, opinion_request
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Relation
from resources.generation import Generation, Outcome
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import EndpointConfig, LlamaServerPool

NAMING_SENTENCES = 2
"""Most sentences that are shown where the rules find no evidence."""


@dataclass(frozen=True)
class Case:
    """A relation as a model could have answered it, and the chunk it is about."""

    chunk: str
    description: str
    source: str
    target: str


def compare(cases: Mapping[str, Sequence[Case]], endpoint: str, ledger: str) -> None:
    """Print what rules, model and both refuse of each kind of case, and what the model costs.

    Args:
        cases: The cases by kind.
        endpoint: Address of the server.
        ledger: SQLite file that keeps the opinions, so that an interrupted run goes on; by default
            they are forgotten.
    """
    with TemporaryDirectory() as folder:
        file = ledger or str(Path(folder) / "ledger.db")
        pool = LlamaServerPool(
            endpoints=[EndpointConfig(name="model", url=endpoint)],
            ledger=GenerationLedger(url=f"sqlite:///{file}"),
        )
        try:
            _compare(cases, pool)
        finally:
            pool.close()


def _compare(cases: Mapping[str, Sequence[Case]], pool: LlamaServerPool) -> None:
    texts: dict[str, EvidenceText] = {}
    print("| | cases | rules refuse | model denies | either | no opinion |")
    print("|---|---|---|---|---|---|")
    answers: list[Generation] = []
    for name, some in cases.items():
        found = [_examine(texts, case) for case in some]
        opinions = _ask(
            [_claim(case, finding) for case, finding in zip(some, found, strict=True)], pool
        )
        answers += [answer for answer, _ in opinions if isinstance(answer, Generation)]
        refused = [finding.fault is not None for finding in found]
        denied = [stance == "denied" for _, stance in opinions]
        either = [one or other for one, other in zip(refused, denied, strict=True)]
        open_ones = sum(stance == "none" for _, stance in opinions)
        shares = " | ".join(map(_share, (refused, denied, either)))
        print(f"| {name} | {len(some)} | {shares} | {open_ones} |", flush=True)
    _print_costs(answers)


def _ask(claims: Sequence[Claim], pool: LlamaServerPool) -> list[tuple[Outcome, Stance]]:
    """Return the outcome of each claim, and what it says."""
    requests = [
        opinion_request(str(number), claim, _tokens, {}, prompts=bundled_prompts())
        for number, claim in enumerate(claims)
    ]

    def read(answer: Generation) -> Stance:
        return read_opinion(answer.text, claims[int(answer.subject)].passage)[0]

    outcomes = pool.generate(
        requests, accept=lambda answer: read(answer) != "none", attempts=ATTEMPTS
    ).outcomes
    found = [outcomes[request.subject] for request in requests]
    return [(one, read(one) if isinstance(one, Generation) else "none") for one in found]


def _print_costs(answers: Sequence[Generation]) -> None:
    count = max(1, len(answers))
    read = sum(one.prompt_tokens - one.cached_tokens for one in answers) / count
    written = sum(one.completion_tokens for one in answers) / count
    seconds = sum(one.seconds for one in answers) / count
    print(
        f"\nAn opinion: {sum(one.prompt_tokens for one in answers) / count:.0f} prompt tokens,"
        f" {read:.0f} of them read anew, {written:.0f} answered, {seconds:.1f} s"
    )


def _tokens(text: str) -> int:
    """Return about how many tokens a text has; it only decides where a request fits."""
    return len(text) // 3


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / max(1, len(flags)):.0%}"


def _examine(texts: dict[str, EvidenceText], case: Case) -> Finding:
    text = texts.setdefault(case.chunk, EvidenceText(case.chunk))
    return text.examine(case.description, [case.source], [case.target])


def _claim(case: Case, finding: Finding) -> Claim:
    relation = Relation(
        description=case.description,
        source_entities=[case.source],
        target_entities=[case.target],
        strength=None,
    )
    if finding.evidence:
        start, end = finding.evidence[0][0], finding.evidence[-1][1]
        return Claim(relation, " ".join(case.chunk[start:end].split()))
    naming = [
        sentence
        for start, end in sentence_spans(case.chunk)
        if (sentence := " ".join(case.chunk[start:end].split()))
        and (case.source in sentence or case.target in sentence)
    ]
    return Claim(relation, " ".join(naming[:NAMING_SENTENCES]))
