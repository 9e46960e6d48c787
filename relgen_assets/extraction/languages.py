"""In which language a passage is written, as far as its script and its function words say so.

Enough to notice that a model answered an English text in Chinese or in German; rules over words,
without a model. A short passage, or one of names and numbers only, is of no known language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from relgen_assets.extraction.cleaning import word_set

FEWEST_HITS: Final = 3
"""Function words of another language that a passage needs to be in another language."""
LEAD: Final = 2
"""How many times as many function words as of the expected language it needs."""
MAX_CHARACTERS: Final = 4_000
"""More of a passage does not make its language clearer."""

FEWEST_WORDS: Final = 5
"""Shorter passages are compared by script only."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_FUNCTION_WORDS: Final = {
    "en": word_set(
        """the of and to is in that for with as are by this from which be was on it we an or not
        have has can were their these its but at between into such they when where may"""
    ),
    "de": word_set(
        """der die das und ist ein eine einer eines dem den des mit von zu im auf f\u00fcr nicht
        sich werden wird wurde auch bei durch als sind oder einen zwischen \u00fcber nach kann wie
        aus dieser diese"""
    ),
    "fr": word_set(
        """le la les des du de et est une un dans pour par sur que qui avec au aux ce cette ces
        sont entre comme ou ne pas se leur \u00e9t\u00e9 deux aussi"""
    ),
    "es": word_set(
        """el la los las del de es una un en para por con que se su sus al como entre m\u00e1s este
        esta estos son lo sobre tambi\u00e9n puede c\u00f3mo"""
    ),
    "it": word_set(
        """il lo gli la le del della dei delle degli di \u00e8 una un che con nel nella sono tra fra
        pi\u00f9 si questo questa anche al alla dal dalla"""
    ),
    "pt": word_set(
        """os da dos das de \u00e9 uma um em na nos nas para por com que se ao entre como mais
        s\u00e3o este esta n\u00e3o pelo pela"""
    ),
    "nl": word_set(
        """de het een en van dat die te voor met zijn niet aan ook als bij wordt worden deze tussen
        uit naar kan"""
    ),
    "pl": word_set(
        """jest si\u0119 \u017ce nie przez dla jako oraz s\u0105 kt\u00f3re kt\u00f3ry mi\u0119dzy
        mo\u017ce ich tym opisuje na ze"""
    ),
    "sv": word_set(
        """och att det som en ett \u00e4r av f\u00f6r den till p\u00e5 inte om har mellan vid eller
        fr\u00e5n denna"""
    ),
}


def is_english(passage: str) -> bool:
    """Return whether a tagger of English may read a passage.

    It has to be in Latin letters for the most part. Where too few words tell a language, as between
    formulas, English is assumed.
    """
    letters = [letter for letter in passage[:MAX_CHARACTERS] if letter.isalpha()]
    latin = sum(script(letter) == "LATIN" for letter in letters)
    return latin * 2 >= len(letters) and language_of(passage) in ("en", None)


def differs(passage: str, text: str) -> bool:
    """Return whether a passage is in another script or another language than a text.

    It is in another script if most of its letters are of scripts that the text does not use. Of
    languages, only those are compared that both are certain to be in.
    """
    return _in_another_script(passage, text) or _in_another_language(passage, text)


@lru_cache(maxsize=256)
def language_of(passage: str) -> str | None:
    """Return the code of the language a passage is in, or `None` if that is not certain."""
    (best, most), (_, second), *_ = sorted(_hits(passage).items(), key=lambda item: -item[1])
    return best if most >= FEWEST_HITS and most >= LEAD * second else None


def _hits(passage: str) -> dict[str, int]:
    """Return how many function words of each language are in a passage, each counted twice at most.

    A bound on each word, so that `La` of `La2CuO4` and `de` of a name do not make a language.
    """
    words = Counter(word.casefold() for word in _WORD.findall(passage[:MAX_CHARACTERS]))
    return {
        language: sum(min(words[word], 2) for word in words.keys() & function_words)
        for language, function_words in _FUNCTION_WORDS.items()
    }


@lru_cache(maxsize=4_096)
def script(letter: str) -> str:
    """Return the script of a letter, such as `LATIN`, as the first word of its Unicode name."""
    return unicodedata.name(letter, "?").split(" ", 1)[0].split("-", 1)[0]


def _in_another_script(passage: str, text: str) -> bool:
    letters = [letter for letter in passage[:MAX_CHARACTERS] if letter.isalpha()]
    used = _scripts(text)
    foreign = sum(script(letter) not in used for letter in letters)
    return bool(used) and foreign * 2 > len(letters)


def _in_another_language(passage: str, text: str) -> bool:
    expected = language_of(text)
    if expected is None or len(_WORD.findall(passage[:MAX_CHARACTERS])) < FEWEST_WORDS:
        return False
    hits = _hits(passage)
    own = hits.pop(expected)
    return max(hits.values()) >= max(FEWEST_HITS if own else FEWEST_HITS - 1, LEAD * own)


@lru_cache(maxsize=256)
def _scripts(text: str) -> frozenset[str]:
    return frozenset(script(letter) for letter in set(text) if letter.isalpha())
