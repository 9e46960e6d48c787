"""Benchmark: how long 40,000 hostile characters take to read, and to judge.

    python -m benchmarks.hostile_answers [--repeat 3]

Reading has to be linear in the answer, whatever is in it: the last column compares the time for
all characters with that for half of them; 2.0 is linear. A judgement takes longer, since every name
and statement of an answer is looked up in its text. Times are CPU times.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Final

from benchmarks.machine import machine_line
from relgen_assets.extraction.judge import judge
from relgen_assets.extraction.salvage import MAX_CHARACTERS, salvage
from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.prompts import bundled_prompts

TEXT: Final = (
    "Along this coast sea otters hunt sea urchins, and sea urchins graze the kelp forests. " * 40
)
CHARACTERS: Final = MAX_CHARACTERS - 200
"""What an answer may hold without being cut, with room for its beginning."""
PROMPT: Final = SentPrompt(
    tuple(
        (one["role"], one["content"])
        for one in bundled_prompts().extraction_messages("Otters eat urchins.", TEXT)
    )
)
_RELATION: Final = json.dumps(
    {
        "description": "Sea otters hunt sea urchins.",
        "source_entities": ["sea otters"],
        "target_entities": ["sea urchins"],
    }
)
_OPEN: Final = '{"section_description": "Otters.", "relations": ['

HOSTILE: Final[dict[str, Callable[[int], str]]] = {
    "opening braces": lambda size: "{" * size,
    'opening braces with quotes: {"': lambda size: '{"' * (size // 2),
    "opening brackets": lambda size: "[" * size,
    'nested objects: {"a":': lambda size: '{"a":' * (size // 5),
    "closed empty objects": lambda size: '{"a":{}}' * (size // 8),
    "quotes": lambda size: '"' * size,
    "backslashes in a string": lambda size: '{"a": "' + "\\" * size,
    "one long string": lambda size: '{"section_description": "' + "x" * size,
    "one long word in prose": lambda size: "x" * size,
    "white space": lambda size: '{"a":' + " " * size + "1}",
    "thoughts that never end": lambda size: "<think>" * (size // 7),
    "broken relations": lambda size: _OPEN + '{"description": "a' * (size // 18),
    "a relation again and again": lambda size: _OPEN + f"{_RELATION}, " * (size // len(_RELATION)),
    "names by the thousand": lambda size: json.dumps(
        {"list_of_entities": [f"sea otter {n}" for n in range(size // 18)], "relations": []}
    ),
    "statements by the hundred": lambda size: json.dumps(
        {
            "relations": [
                {
                    "description": f"Sea otters of kind {n} hunt sea urchins and graze kelp.",
                    "source": f"sea otters {n}",
                    "target": "sea urchins",
                }
                for n in range(size // 130)
            ]
        }
    ),
    "commas": lambda size: '{"list_of_entities": [' + "," * size,
    "digits": lambda size: '{"list_of_entities": [' + "9" * size,
    "colons": lambda size: '{"a"' + ":" * size,
    "curly quotes": lambda size: "{\u201ca\u201d: \u201cb\u201d}" * (size // 10),
    "surrogates and control characters": lambda size: '{"a": "' + "\ud800\x00" * (size // 2),
    "code fences": lambda size: "```json\n{" * (size // 9),
}
"""Answers of about a given number of characters, by what they are made of."""


def seconds_of(call: Callable[[str], object], answer: str, repeat: int) -> float:
    """Return the shortest CPU time of several calls."""
    best = float("inf")
    for _ in range(repeat):
        started = time.process_time()
        call(answer)
        best = min(best, time.process_time() - started)
    return best


def judged(answer: str) -> object:
    """Judge an answer anew."""
    judge.cache_clear()
    return judge(answer, TEXT, finish_reason="length", prompt=PROMPT)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--repeat", type=int, default=3)
    repeat = options.parse_args().repeat
    judged("")  # loads what is loaded on first use
    print(machine_line())
    print(
        "\n| 40,000 characters of | read, s | judged, s | whole ÷ half, read |\n|---|---|---|---|"
    )
    for name, made in HOSTILE.items():
        whole, half = made(CHARACTERS), made(CHARACTERS // 2)
        read, half_read = (seconds_of(salvage, one, repeat) for one in (whole, half))
        print(
            f"| {name} | {read:.3f} | {seconds_of(judged, whole, repeat):.3f}"
            f" | {read / max(half_read, 1e-6):.1f} |"
        )


if __name__ == "__main__":
    main()
