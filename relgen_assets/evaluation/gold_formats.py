"""The forms in which gold comes: SciERC, SciER and SciREX as published, and plain sentences.

A form turns one JSON object of a file into texts. Reading files belongs to `gold_files`.

- `sentences`: `text`, `entities` (each with `text`), `relations` (each with `source`, `target`,
  `type`); `doc_id` if it is known.
- `scier` (Zhang et al. 2024, arXiv 2410.21155): `sentence`, `ner`, `rel`, `doc_id`.
- `scierc` (Luan et al. 2018, arXiv 1808.09602; also DyGIE++'s form): a document with `sentences`
  as lists of tokens, `ner` and `relations` by sentence, as token offsets of the document, end
  included.
- `scirex` (Jain et al. 2020, arXiv 2005.00512): a document with `words`, `sections` and
  `sentences` as ranges of words, `ner`, `coref` and `n_ary_relations`. A section is a text. A
  relation of several entities relates the method with each of the others, as far as a sentence of
  the section names both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relgen_assets.evaluation.gold import GoldPair, GoldText, distinct_names, distinct_pairs

_BRACKETS: Final = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
}  # fmt: skip
_BRACKET: Final = re.compile("|".join(map(re.escape, _BRACKETS)))
_MUTUAL: Final = frozenset({"conjunction", "compare", "comparewith", "synonymof"})
"""Types of relations that hold both ways, in small letters without signs."""
_METHOD: Final = "Method"

Row = Mapping[str, Any]
Converter = Callable[[Row, str, str], Iterator[GoldText]]
"""Yields the texts of a row. Takes the row, a name for it, and the origin of its texts; raises
`KeyError`, `IndexError`, `TypeError` or `ValueError` if the row is malformed."""


@dataclass(frozen=True, slots=True)
class GoldFormat:
    """A form of gold.

    Attributes:
        keys: The keys by which a row of it is known.
        texts: Turns a row into texts.
    """

    keys: frozenset[str]
    texts: Converter


def _sentence(row: Row, name: str, origin: str) -> Iterator[GoldText]:
    pairs = (_pair(one["source"], one.get("type"), one["target"]) for one in row["relations"])
    names = [one["text"] for one in row["entities"]]
    yield _text(name, row.get("doc_id"), origin, row["text"], names, list(pairs))


def _scier(row: Row, name: str, origin: str) -> Iterator[GoldText]:
    pairs = [_pair(source, kind, target) for source, kind, target in row["rel"]]
    names = [one[0] for one in row["ner"]]
    yield _text(name, row.get("doc_id"), origin, row["sentence"], names, pairs)


def _scierc(row: Row, name: str, origin: str) -> Iterator[GoldText]:
    words = [word for sentence in row["sentences"] for word in sentence]
    for number, sentence in enumerate(row["sentences"]):
        names = [_words(words, start, end + 1) for start, end, *_ in row["ner"][number]]
        pairs = [
            _pair(_words(words, one[0], one[1] + 1), one[4], _words(words, one[2], one[3] + 1))
            for one in row["relations"][number]
        ]
        text = " ".join(sentence)
        yield _text(f"{name}.{number}", row.get("doc_key"), origin, text, names, pairs)


def _scirex(row: Row, name: str, origin: str) -> Iterator[GoldText]:
    words = row["words"]
    for number, (start, end) in enumerate(row["sections"]):
        names = [
            _words(words, first, last) for first, last, *_ in row["ner"] if start <= first < end
        ]
        sentences = [one for one in row["sentences"] if start <= one[0] < end]
        pairs = [pair for one in sentences for pair in _related_in(one, row)]
        text = _words(words, start, end)
        yield _text(f"{name}.{number}", row.get("doc_id"), origin, text, names, pairs)


def _related_in(sentence: Sequence[int], row: Row) -> Iterator[GoldPair]:
    """Yield the pairs of a method and another entity of its relation that a sentence names."""
    first, last = sentence
    for relation in row["n_ary_relations"]:
        mentions = {
            role: [
                _words(row["words"], start, end)
                for start, end in row["coref"].get(entity, ())
                if first <= start and end <= last
            ]
            for role, entity in relation.items()
        }
        for role, others in mentions.items():
            if role != _METHOD:
                for method in mentions.get(_METHOD, ()):
                    yield from (GoldPair(method, other, mutual=True) for other in others)


FORMATS: Final[Mapping[str, GoldFormat]] = {
    "sentences": GoldFormat(frozenset({"text", "entities", "relations"}), _sentence),
    "scier": GoldFormat(frozenset({"sentence", "ner", "rel"}), _scier),
    "scierc": GoldFormat(frozenset({"sentences", "ner", "relations"}), _scierc),
    "scirex": GoldFormat(frozenset({"words", "sections", "ner", "n_ary_relations"}), _scirex),
}
"""By the name that users give."""


def _text(
    name: str,
    document: object,
    origin: str,
    text: str,
    names: Sequence[str],
    pairs: Sequence[GoldPair],
) -> GoldText:
    # The sides of a relation are names, also where a file does not list them as such.
    sides = [side for pair in pairs for side in (pair.source, pair.target)]
    return GoldText(
        gold_id=name,
        document=name if document is None else str(document),
        origin=origin,
        text=_plain(text),
        names=distinct_names(map(_plain, [*names, *sides])),
        pairs=distinct_pairs(pairs),
    )


def _pair(source: str, kind: object, target: str) -> GoldPair:
    letters = "".join(letter for letter in str(kind).lower() if letter.isalpha())
    return GoldPair(_plain(source), _plain(target), mutual=letters in _MUTUAL)


def _words(words: Sequence[str], start: int, end: int) -> str:
    if not 0 <= start < end <= len(words):
        raise IndexError(f"there are no words {start} to {end}")
    return " ".join(words[start:end])


def _plain(text: str) -> str:
    """Return a tokenised text with brackets as signs instead of codes of the Penn Treebank."""
    return _BRACKET.sub(lambda code: _BRACKETS[code.group()], text)
