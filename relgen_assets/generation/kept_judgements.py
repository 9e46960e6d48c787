"""Judging with a memory: a known answer is judged once, also across runs.

Judging takes milliseconds an answer, much of what a batch of known answers costs. The ledger keeps
what was made of an answer, under a digest of everything that the judgement follows from: the
answer, its text, its prompt, how it ended, and the versions of what judges. The rules and the
policy are in the name of the validator. So whatever changes, an answer is judged anew.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Any, Final, Protocol

from pydantic import TypeAdapter

from relgen_assets.extraction import Judgement, SentPrompt, judge
from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.sent_prompt import NO_PROMPT
from relgen_assets.rows.models import Chunk
from resources.generation_ledger.judgements import KeptJudgement

LIBRARIES: Final = ("json-repair", "nupunkt", "rapidfuzz", "regex", "snowballstemmer", "textblob")
"""The distributions that the rules use; another version of one may judge otherwise."""


class JudgementStore(Protocol):
    """Keeps judgements, as the ledger does."""

    def judgements(self, validator: str, subjects: Sequence[str]) -> dict[str, Any]:
        """Return what is kept about the subjects, by its digest."""

    def keep_judgements(self, validator: str, judged: Sequence[KeptJudgement]) -> None:
        """Keep what was made of answers."""


@contextmanager
def kept_judgements(
    store: JudgementStore, validator: str, policy: JudgingPolicy, chunks: Iterable[Chunk]
) -> Iterator[Judge]:
    """Yield what judges the answers about chunks; when the block ends, what is new is kept.

    Args:
        store: Where judgements are kept.
        validator: Name and version of the rules and the policy.
        policy: The policy; judgements under any other are neither looked up nor kept.
        chunks: The chunks of a batch.
    """
    subjects = {chunk.text: chunk.chunk_id for chunk in chunks}
    known = store.judgements(validator, list(subjects.values()))
    remembering = _Remembering(subjects, policy, known)
    yield remembering
    store.keep_judgements(validator, remembering.new)


class _Remembering:
    """Judges what it does not know yet.

    Args:
        subjects: The chunks that answers are about: text to id.
        policy: The policy under which judgements are known.
        known: What is kept, by its digest.
    """

    def __init__(
        self, subjects: Mapping[str, str], policy: JudgingPolicy, known: Mapping[str, Any]
    ) -> None:
        self._subjects = subjects
        self._policy = policy
        self._known = known
        self._made: dict[str, Judgement] = {}
        self.new: list[KeptJudgement] = []
        """What was judged here."""

    def __call__(
        self,
        answer: str,
        text: str,
        *,
        finish_reason: str = "stop",
        prompt: SentPrompt = NO_PROMPT,
        policy: JudgingPolicy = DEFAULT_POLICY,
    ) -> Judgement:
        """Return the verdict on an answer about a text."""
        subject = self._subjects.get(text)
        if policy != self._policy or subject is None:
            return judge(answer, text, finish_reason=finish_reason, prompt=prompt, policy=policy)
        digest = _digest(answer, text, finish_reason, prompt)
        if digest not in self._made:
            if digest in self._known:
                self._made[digest] = _form().validate_python(self._known[digest])
            else:
                made = judge(
                    answer, text, finish_reason=finish_reason, prompt=prompt, policy=policy
                )
                self._made[digest] = made
                content = _form().dump_python(made, mode="json")
                self.new.append(KeptJudgement(digest, subject, content))
        return self._made[digest]


def _digest(answer: str, text: str, finish_reason: str, prompt: SentPrompt) -> str:
    """Return a hash of what a judgement follows from, beside rules and policy."""
    turns = (part for turn in prompt.turns for part in turn)
    digest = hashlib.sha256()
    for part in (_judged_with(), answer, text, finish_reason, *turns):
        # The length keeps two parts apart from one that holds both.
        digest.update(f"{len(part)}:{part}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@cache
def _form() -> TypeAdapter[Judgement]:
    return TypeAdapter(Judgement)


@cache
def _judged_with() -> str:
    """Return the versions of all that judges beside the rules, and the form of what is kept."""
    libraries = [f"{name} {version(name)}" for name in LIBRARIES]
    python = f"{sys.version_info.major}.{sys.version_info.minor} {unicodedata.unidata_version}"
    return f"{libraries} {python} {_form().json_schema()}"
