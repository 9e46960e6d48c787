"""How many tokens a prompt has for the model of a pool, learned from what its servers count. Pure.

Callers estimate prompts with one tokenizer for all models, and tokenizers differ most by script:
for Greek, Arabic, Hindi or Thai a newer one needs half as many tokens. A request must not fail as
too long because of that. So an estimate is first taken for its least plausible value: a server
refuses what does not fit, and says so. What servers count then replaces the guess, script by
script.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict, deque
from functools import lru_cache
from typing import Final

from resources.generation import GenerationRequest

LEAST_LATIN: Final = 0.8
"""Least plausible tokens for an estimated one, in unaccented Latin letters."""
LEAST: Final = 0.4
"""The same for any other script: 0.46 to 0.58 were measured for six of them."""
MOST: Final = 2.0
"""Most plausible tokens for an estimated one; a server that counts more counts something else."""
FEWEST_TOKENS: Final = 200
"""Shorter prompts are not learned from: the chat template would be most of them."""
REMEMBERED: Final = 50
"""The latest counts of each script that are kept."""
LOOKED_AT: Final = 2_000
"""Letters by which the script of a prompt is told."""
ACCENTED: Final = 0.1
"""Share of letters beyond ASCII from which Latin script is a kind of its own, as in Vietnamese."""


class PromptSizes:
    """Tokens of prompts by script, for one model."""

    def __init__(self) -> None:
        self._shares = defaultdict[str, deque[float]](lambda: deque(maxlen=REMEMBERED))

    def tokens(self, request: GenerationRequest) -> int:
        """Return the tokens of a prompt: as learned, or as few as are plausible."""
        kind = script_of(request)
        least = LEAST_LATIN if kind == "LATIN" else LEAST
        # Many servers count only what their cache did not hold, so the largest share is the truest.
        share = max(self._shares[kind], default=least)
        return max(1, round(request.prompt_tokens * max(share, least)))

    def counted(self, request: GenerationRequest, tokens: int) -> None:
        """Learn how many tokens a server counted in a prompt."""
        share = tokens / max(1, request.prompt_tokens)
        if request.prompt_tokens >= FEWEST_TOKENS and share <= MOST:
            self._shares[script_of(request)].append(share)


def script_of(request: GenerationRequest) -> str:
    """Return the script of the last message, such as `LATIN`; `LATIN+` with many accents."""
    return _script(request.messages[-1]["content"]) if request.messages else "LATIN"


@lru_cache(maxsize=1_024)
def _script(text: str) -> str:
    letters = [letter for letter in _spread(text) if letter.isalpha()]
    if not letters:
        return "LATIN"
    beyond = sum(not letter.isascii() for letter in letters)
    if beyond <= ACCENTED * len(letters):
        return "LATIN"
    scripts = Counter(
        unicodedata.name(letter, "?").split(" ", 1)[0].split("-", 1)[0] for letter in letters
    )
    if scripts["LATIN"] * 2 < len(letters):
        del scripts["LATIN"]  # instructions in English do not make the text around them English
    ((most, _),) = scripts.most_common(1)
    return "LATIN+" if most == "LATIN" else most


def _spread(text: str) -> str:
    """Return characters from all parts of a text, at most `LOOKED_AT` or twice as many."""
    return text[:: max(1, len(text) // LOOKED_AT)]
