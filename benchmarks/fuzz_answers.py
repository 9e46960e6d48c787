"""Fuzz test: judges answers that a fuzzer makes up, guided by the code that they reach.

    pip install atheris
    python -m benchmarks.fuzz_answers -max_total_time=600 [CORPUS …]

The options are libFuzzer's. An answer is put together from pieces of real ones (keys, brackets,
names of the text, sentences of the prompt, thoughts, fences) and from any characters. What the
tests check of every judgement is checked here (`assert_sound`), and that none takes longer than
`MOST_SECONDS`. The first answer that breaks a rule is printed and written to a file; begin a test
with it.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Final

import atheris

with atheris.instrument_imports(include=["relgen_assets.extraction"]):
    from relgen_assets.extraction import SentPrompt, judge
    from relgen_assets.prompts import bundled_prompts
    from relgen_assets_tests.relgen_assets.extraction.sound import assert_sound

MOST_SECONDS: Final = 5.0
"""CPU time. An answer of this fuzzer has a few thousand characters and takes some hundredths of a
second with the instrumented code."""
MOST_PIECES: Final = 60

_TEXT: Final = (
    "Along this coast sea otters hunt sea urchins, and sea urchins graze the kelp forests. "
    "CD4+CD25- T cells secrete IL-2 (see @xcite). Layer 1 feeds layer 2. Iron was not found in "
    "the lakes. Kelp forests may shelter juvenile fish from storms in @xmath0 of all years."
)
_SUMMARY: Final = "The article counts otters along a coast and finds fewer urchins every year."
_MESSAGES: Final = bundled_prompts().extraction_messages(_SUMMARY, _TEXT)
_PROMPT: Final = SentPrompt(tuple((one["role"], one["content"]) for one in _MESSAGES))
_ANSWER: Final = json.dumps(
    {
        "section_description": "Otters protect kelp by hunting urchins.",
        "list_of_entities": ["sea otters", "sea urchins", "kelp forests"],
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
_PIECES: Final = (
    '{"', '"}', "{", "}", "[", "]", "[[", "]]", '", "', '": "', '": ["', '"]', ": ", ", ", '"', "'",
    "\\", '\\"', "\n", "```json\n", "```", "<think>", "</think>", "NaN", "1e999", "null", "true",
    "\u201c", "\u201d", "\ud800", "\x00", "section_description", "list_of_entities", "relations",
    "description", "source_entities", "target_entities", "strength", "source", "target", "nodes",
    "edges", "head", "tail", "strong", "Strong (0.9)", "sea otters", "Sea-Otter", "sea urchins",
    "kelp forests", "the kelp", "CD4+CD25- T cells", "CD4+CD25+ T cells", "IL-2", "krill",
    "@xmath0", "Sea otters hunt sea urchins.", "Sea urchins hunt sea otters.", "Layer 1", "layer 2",
    "Iron was found in the lakes.", "Iron", "lakes", "velquorite", "tremmel moss", _SUMMARY,
    "I'm sorry, but I cannot help with that.", "Der Abschnitt beschreibt die Otter und das Meer.",
    "one full sentence that names both sides and says how they relate", "and so on ", _ANSWER,
    _ANSWER[:200], _ANSWER[60:], _MESSAGES[2]["content"], json.dumps(_ANSWER),
)  # fmt: skip


def answer_from(data: Any) -> str:
    """Return the answer that a fuzzer's bytes stand for.

    Args:
        data: The bytes, as atheris' `FuzzedDataProvider`.
    """
    parts: list[str] = []
    for _ in range(data.ConsumeIntInRange(0, MOST_PIECES)):
        choice = data.ConsumeIntInRange(0, len(_PIECES))
        if choice == len(_PIECES):
            parts.append(data.ConsumeUnicode(data.ConsumeIntInRange(0, 12)))
        else:
            parts.append(_PIECES[choice])
    return "".join(parts)


def judge_one(data: bytes) -> None:
    """Judge the answer that some bytes stand for, and check the judgement."""
    provider = atheris.FuzzedDataProvider(data)
    cut_off = provider.ConsumeBool()
    answer = answer_from(provider)
    started = time.process_time()
    try:
        judgement = judge(
            answer, _TEXT, finish_reason="length" if cut_off else "stop", prompt=_PROMPT
        )
        assert_sound(judgement, _TEXT, _PROMPT)
        seconds = time.process_time() - started
        assert seconds < MOST_SECONDS, f"{seconds:.1f} s for {len(answer)} characters"
    except BaseException:
        print(f"cut off: {cut_off}; answer: {answer!r}", file=sys.stderr)
        raise


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge_one)
    atheris.Fuzz()
