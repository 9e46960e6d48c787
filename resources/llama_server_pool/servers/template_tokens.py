"""Template tokens that a server leaves at the end of an answer, and the forged turns behind them.

A model ends its turn with a token of its chat template. Some servers pass that token on as text,
and some go on after it with a turn that no one asked for. Neither is part of the answer. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from resources.control_tokens import END_TOKENS, ROLE_TOKENS


def _any_of(tokens: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, tokens))


_ENDS, _ROLES = _any_of(END_TOKENS), _any_of(ROLE_TOKENS)
_TURN: Final = r"(?:user|assistant|system|model)\b"
_OVERRUN = re.compile(
    rf"(?:{_ENDS})(?:\s*(?:\Z|{_ENDS}|{_ROLES})|\s*\n\s*{_TURN})|(?:{_ROLES})\s*(?:\Z|{_TURN})"
)
"""Where an answer is over: an end token with nothing, another token or a role behind it, or the
beginning of a turn. A token that an answer writes about has other words behind it."""


class Cut(NamedTuple):
    """An answer without what stands behind its end.

    Attributes:
        answer: The answer.
        rest: The template tokens and what came behind them; empty if there were none.
    """

    answer: str
    rest: str


def cut_off(words: str) -> Cut:
    """Return an answer without template tokens at its end, and what was cut off."""
    overrun = _OVERRUN.search(words)
    if overrun is None:
        return Cut(words, "")
    answer = words[: overrun.start()].rstrip()
    return Cut(answer, words[len(answer) :])
