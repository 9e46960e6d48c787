"""Articles without control tokens: what would steer a server or a trainer is made harmless.

It is done once, where articles come in, so that prompts, verdicts and rows of the dataset agree.
The text keeps its length, and each article says what was replaced in it.
"""

from __future__ import annotations

from typing import Final

from relgen_assets.rows.models import ControlToken, Paper
from resources.control_tokens import control_tokens_in, neutralised, restored

_COLUMNS: Final = ("paper_id", "title", "abstract", "article", "licence", "doi", "url")
_LISTS: Final = ("section_names", "authors")
_BREAK: Final = "\n"
"""Stands between the items of a list where offsets are counted; clean items have none."""


def without_control_tokens(paper: Paper) -> Paper:
    """Return an article whose texts hold no control token, with the places of those replaced."""
    texts = _texts(paper)
    found = [
        ControlToken(column=column, start=place.start, token=place.token)
        for column, text in texts.items()
        for place in control_tokens_in(text)
    ]
    if not found:
        return paper
    changed = {
        column: neutralised(texts[column]) for column in dict.fromkeys(one.column for one in found)
    }
    return _with_texts(paper, changed, [*paper.control_tokens, *found])


def as_in_the_source(paper: Paper) -> Paper:
    """Return an article as its source has it: the reverse of `without_control_tokens`."""
    texts = _texts(paper)
    changed = {
        column: restored(
            texts[column], [one.start for one in paper.control_tokens if one.column == column]
        )
        for column in {one.column for one in paper.control_tokens}
    }
    return _with_texts(paper, changed, [])


def _texts(paper: Paper) -> dict[str, str]:
    return {
        **{column: getattr(paper, column) for column in _COLUMNS},
        **{column: _BREAK.join(getattr(paper, column)) for column in _LISTS},
    }


def _with_texts(paper: Paper, texts: dict[str, str], tokens: list[ControlToken]) -> Paper:
    update = {
        column: text.split(_BREAK) if column in _LISTS else text for column, text in texts.items()
    }
    return paper.model_copy(update={**update, "control_tokens": tokens})
