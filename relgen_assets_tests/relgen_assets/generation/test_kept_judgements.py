"""A judgement that is kept is the judgement again, and any change of what shaped it undoes it."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from relgen_assets import extraction
from relgen_assets.extraction import Judgement, SentPrompt, judge
from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.version import RULES
from relgen_assets.generation import kept_judgements as module
from relgen_assets.generation.kept_judgements import LIBRARIES, kept_judgements
from relgen_assets.rows.models import Chunk
from relgen_assets_tests.relgen_assets.extraction.test_judge import judged_cases
from resources.generation_ledger.judgements import KeptJudgement

TEXT = "Along this coast sea otters hunt sea urchins. Sea urchins graze the kelp forests."
CHUNK = Chunk(chunk_id="p#0", paper_id="p", index=0, text=TEXT, start=0, end=1, overlap=0, tokens=9)
ANSWER = json.dumps(
    {
        "section_description": "Otters hunt.",
        "list_of_entities": ["sea otters", "Sea  urchins", "krill"],
        "relations": [
            {
                "description": "Sea otters hunt sea urchins.",
                "source_entities": ["sea otters"],
                "target_entities": ["sea urchins"],
                "strength": "strong",
            }
        ],
    }
)
PROMPT = SentPrompt((("system", "Extract."), ("user", TEXT)))


class Store:
    """What a ledger keeps, as JSON."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def judgements(self, validator: str, subjects: Sequence[str]) -> dict[str, Any]:
        assert list(subjects) == [CHUNK.chunk_id]
        return {
            digest: json.loads(content)
            for (by, digest), content in self.kept.items()
            if by == validator
        }

    def keep_judgements(self, validator: str, judged: Sequence[KeptJudgement]) -> None:
        self.kept |= {(validator, one.digest): json.dumps(one.content) for one in judged}


@contextmanager
def opened(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Judge, list[str]]]:
    """Yield what judges, and the answers that the rules were asked about."""
    asked: list[str] = []

    def counting(answer: str, *rest: Any, **named: Any) -> Judgement:
        asked.append(answer)
        return judge(answer, *rest, **named)

    monkeypatch.setattr(module, "judge", counting)
    with kept_judgements(store, "rules", DEFAULT_POLICY, [CHUNK]) as remembering:
        yield remembering, asked


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that knows the judgement of `ANSWER`."""
    filled = Store()
    with opened(filled, monkeypatch) as (remembering, asked):
        for _ in range(2):
            assert remembering(ANSWER, TEXT, prompt=PROMPT) == judge(ANSWER, TEXT, prompt=PROMPT)
    assert (len(asked), len(filled.kept)) == (1, 1)
    return filled


def test_a_known_answer_is_not_judged_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(store, monkeypatch) as (remembering, asked):
        assert remembering(ANSWER, TEXT, prompt=PROMPT) == judge(ANSWER, TEXT, prompt=PROMPT)
    assert asked == []


@pytest.mark.parametrize(
    "changed",
    [
        {"answer": ANSWER + " "},
        {"finish_reason": "length"},
        {"prompt": SentPrompt((("system", "Extract.user"), ("", TEXT)))},
        {"policy": JudgingPolicy(absent_names="reject")},
    ],
)
def test_whatever_shapes_a_judgement_undoes_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    with opened(store, monkeypatch) as (remembering, asked):
        remembering(**{"answer": ANSWER, "text": TEXT, "prompt": PROMPT, **changed})
    assert len(asked) == 1


def test_so_do_other_rules_and_libraries(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.judgements("other rules", [CHUNK.chunk_id]) == {}
    monkeypatch.setattr(module, "_judged_with", lambda: "rapidfuzz 99")
    with opened(store, monkeypatch) as (remembering, asked):
        remembering(ANSWER, TEXT, prompt=PROMPT)
    assert len(asked) == 1


def test_an_answer_about_another_text_is_judged_and_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(store, monkeypatch) as (remembering, asked):
        assert remembering(ANSWER, "Another text.") == judge(ANSWER, "Another text.")
    assert (len(asked), len(store.kept)) == (1, 1)


def test_every_judgement_survives_being_kept() -> None:
    form = module._form()
    for judgement in judged_cases():
        stored = json.loads(json.dumps(form.dump_python(judgement, mode="json")))
        assert form.validate_python(stored) == judgement


def test_the_libraries_are_those_that_the_rules_import() -> None:
    folder = Path(extraction.__file__).parent
    imported: set[str] = set()
    for name in RULES:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {one.name.split(".")[0] for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    others = imported - sys.stdlib_module_names - {"relgen_assets", "resources", "pydantic"}
    distributions = packages_distributions()
    found = {distributions[name][0].lower().replace("_", "-") for name in others}
    assert found == set(LIBRARIES)
