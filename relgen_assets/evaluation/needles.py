"""Needles: invented facts about invented names, planted into texts to see whether they come back.

A fact is one plain sentence that relates two names. The names are made of syllables that are no
words, so that no model knows them, no text has them, and what comes back was read there. A needle
is a text like any other, with its fact as gold: the same scorer counts what came back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from relgen_assets.evaluation.gold import GoldPair, GoldText
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.rows.models import Chunk

NAMES_FOUND: Final = "names_recall"
FACTS_FOUND: Final = "pairs_undirected_recall"
"""The scores of needles: invented names that came back, and facts whose names are related, either
way round."""
PARTS: Final = ("beginning", "middle", "end")
"""Where a needle stands in its chunk: thirds of its sentences."""
_ONSETS: Final = ("br", "dr", "f", "gl", "k", "m", "pl", "qu", "sk", "t", "v", "z")
_VOWELS: Final = ("a", "e", "i", "o", "u")
_CODAS: Final = ("lm", "nd", "rv", "sk", "x", "zz")
_ENDINGS: Final = ("ase", "ium", "in", "ex")
_FACTS: Final = (
    "{source} inhibits {target}.",
    "{source} activates {target}.",
    "{source} contains {target}.",
    "{source} degrades {target}.",
)


def planted(
    chunks: Sequence[Chunk], summaries: Mapping[str, str], *, seed: int = 0
) -> list[GoldText]:
    """Return chunks with a needle each, whose origin is where it stands; positions take turns.

    Args:
        chunks: The chunks, in any order.
        summaries: Summary by article id; a chunk without one is left out.
        seed: Other seeds plant other facts elsewhere.
    """
    found: list[GoldText] = []
    for chunk in chunks:
        summary = summaries.get(chunk.paper_id)
        if summary is not None:
            part = PARTS[(len(found) + seed) % len(PARTS)]
            found.append(_planted(chunk, summary, part, seed))
    return found


def _planted(chunk: Chunk, summary: str, part: str, seed: int) -> GoldText:
    source, target = (_name(f"{chunk.chunk_id} {seed} {side}", chunk.text) for side in "ab")
    sentence = _pick(_FACTS, f"{chunk.chunk_id} {seed}").format(source=source, target=target)
    at = _place(chunk.text, part, f"{chunk.chunk_id} {seed}")
    before, after = chunk.text[:at].rstrip(), chunk.text[at:].lstrip()
    text = " ".join(piece for piece in (before, sentence, after) if piece)
    return GoldText(
        gold_id=f"{chunk.chunk_id}+{seed}",
        document=chunk.paper_id,
        origin=part,
        text=text,
        names=(source, target),
        pairs=(GoldPair(source, target),),
        summary=summary,
    )


def _place(text: str, part: str, key: str) -> int:
    """Return an offset between two sentences, within a third of a text."""
    borders = [0, *(end for _, end in sentence_spans(text))]
    third = len(borders) / len(PARTS)
    first = int(PARTS.index(part) * third)
    last = max(first + 1, int((PARTS.index(part) + 1) * third))
    return borders[first + _hash(key) % (last - first)] if first < len(borders) else len(text)


def _name(key: str, text: str) -> str:
    """Return an invented name that a text does not have."""
    attempt = 0
    while True:
        number = _hash(f"{key} {attempt}")
        letters = ""
        for _ in range(2):
            number, onset = divmod(number, len(_ONSETS))
            number, vowel = divmod(number, len(_VOWELS))
            number, coda = divmod(number, len(_CODAS))
            letters += _ONSETS[onset] + _VOWELS[vowel] + _CODAS[coda]
        name = (letters + _ENDINGS[number % len(_ENDINGS)]).capitalize()
        if name.casefold() not in text.casefold():
            return name
        attempt += 1


def _pick(options: Sequence[str], key: str) -> str:
    return options[_hash(key) % len(options)]


def _hash(key: str) -> int:
    return int.from_bytes(sha256(key.encode()).digest()[:12], "big")
