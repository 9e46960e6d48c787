"""A teacher that knows the gold: articles of marked sentences, and a server that answers from gold.

Neighbouring sentences of a document make an article, since one sentence alone is too short to be
one. Each relation is described by the stretch of text from one of its names to the other. With
`faults`, that share of the answers states in addition what the text does not: a relation of a name
in it with a name from elsewhere. So the rules have something to find, and its rate is known.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from relgen_assets.evaluation.gold import GoldText
from relgen_assets.sources.cleaning import SHORTEST_ARTICLE
from relgen_assets_tests.fakes.answers import answer_text
from relgen_assets_tests.fakes.good_answers import wanted_schema

_SECTION: Final = "Section:\n"


def merged(texts: Sequence[GoldText]) -> Iterator[GoldText]:
    """Yield texts that are long enough to be articles, each of neighbours in one document."""
    open_texts: list[GoldText] = []
    for one in texts:
        if open_texts and open_texts[0].document != one.document:
            open_texts = []
        open_texts.append(one)
        text = " ".join(part.text for part in open_texts)
        if len(text) >= SHORTEST_ARTICLE:
            first = open_texts[0]
            yield GoldText(
                gold_id=first.gold_id,
                document=first.document,
                origin=first.origin,
                text=text,
                names=tuple(dict.fromkeys(name for part in open_texts for name in part.names)),
                pairs=tuple(dict.fromkeys(pair for part in open_texts for pair in part.pairs)),
            )
            open_texts = []


def write_articles(path: Path, texts: Sequence[GoldText]) -> None:
    """Write texts as JSON lines, each an article."""
    with path.open("w", encoding="utf-8") as file:
        for one in texts:
            row = {
                "id": one.gold_id,
                "abstract": one.text,
                "section_names": "Results",
                "article": one.text,
            }
            file.write(json.dumps(row) + "\n")


def gold_answers(
    texts: Sequence[GoldText], faults: float, seed: int = 0
) -> Callable[[dict[str, Any]], str]:
    """Return what answers a chat request about one of these texts.

    Args:
        texts: The texts.
        faults: Share of the answers that state something untrue as well.
        seed: Another seed plants other faults.
    """
    draw = random.Random(seed)
    names = [name for one in texts for name in one.names]
    known = {
        one.text: _answer(one, draw.choice(names) if draw.random() < faults else None)
        for one in texts
    }

    def answer(body: dict[str, Any]) -> str:
        text = body["messages"][-1]["content"].rpartition(_SECTION)[2].strip()
        return known.get(text) or answer_text(body, wanted_schema(body), 0)

    return answer


def _answer(gold: GoldText, untrue: str | None) -> str:
    relations = [
        _relation(_between(gold.text, pair.source, pair.target), pair.source, pair.target)
        for pair in gold.pairs
    ]
    names = list(gold.names)
    if untrue is not None and names:
        relations.append(_relation(f"{untrue} is used for {names[0]}.", untrue, names[0]))
        names.append(untrue)
    return json.dumps(
        {
            "section_description": f"It is about {', '.join(names[:3]) or 'nothing named'}.",
            "list_of_entities": names,
            "relations": relations,
        }
    )


def _relation(description: str, source: str, target: str) -> dict[str, Any]:
    return {
        "description": description,
        "source_entities": [source],
        "target_entities": [target],
        "strength": "strong",
    }


def _between(text: str, one: str, other: str) -> str:
    """Return the stretch of a text from one name to another, with both."""
    first, second = text.find(one), text.find(other)
    if min(first, second) < 0:
        return f"{one} {other}"
    return text[min(first, second) : max(first + len(one), second + len(other))]
