"""Windows of SentencePiece tokens with the exact character offsets of their text.

Guarantees for every article and SentencePiece model: each chunk is the exact substring
`article[start:end]`; consecutive chunks overlap or touch, from the first character to the last;
`tokens` is the count of the chunk's own text encoded alone, and never exceeds the limit.

Windows are cut between words; a word longer than a fraction of the window (a long formula, a
paragraph of Chinese) is cut between its tokens. Cutting a long encoding into windows would break
the guarantee on `tokens`, because a text encoded alone may have other tokens than inside the
article. With models whose words are independent (`Tokenizer`), a window from word to word has
exactly the tokens of its words, so that each distinct word is encoded only once; any other window
is encoded by itself and shortened until it fits.

Storing chunks and asking about them does not belong here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.models import Chunk
from relgen_assets.text.tokenizer import Tokenizer, default_model

SMALLEST_WINDOW = 16
"""Smallest window in tokens."""
LONGEST_UNCUT = 32
"""Length of a word in tokens up to which it is never cut; at most a quarter of the window."""

_WORD_BREAK = re.compile(r"(?<=[^ ▁])[ ▁]")
_REMEMBERED_WORDS = 200_000
_REMEMBERED_LENGTH = 64


@dataclass(slots=True)
class _Cuts:
    """Where an article may be cut: `ends[k]` is an offset, with `before[k]` tokens before it."""

    ends: list[int] = field(default_factory=lambda: [0])
    before: list[int] = field(default_factory=lambda: [0])
    inside_words: set[int] = field(default_factory=set)

    def add(self, end: int, before: int) -> None:
        self.ends.append(end)
        self.before.append(before)


@dataclass(frozen=True, slots=True)
class _Window:
    start: int
    end: int
    tokens: int


class Chunker:
    """Cuts articles into overlapping windows.

    Args:
        tokens: Largest window, in SentencePiece tokens.
        overlap: Tokens shared by neighbouring windows, rounded down to whole words.
        tokenizer: A SentencePiece `.model` file; by default mistral-common's v1 model.

    Raises:
        ConfigurationError: The model is not usable, or the numbers are out of range.
    """

    def __init__(
        self, *, tokens: int = 1000, overlap: int = 200, tokenizer: Path | None = None
    ) -> None:
        if tokens < SMALLEST_WINDOW or not 0 <= overlap <= tokens // 2:
            raise ConfigurationError(
                f"windows of {tokens} tokens that overlap by {overlap} cannot be cut.",
                where="chunking",
                remedy=f"Set chunking.tokens to at least {SMALLEST_WINDOW} and chunking.overlap "
                "to at most half of it.",
            )
        self._limit = tokens
        self._overlap = overlap
        self._uncut = min(LONGEST_UNCUT, tokens // 4)
        self._model = Tokenizer(tokenizer or default_model())
        self._known: dict[str, int] = {}

    def count(self, text: str) -> int:
        """Return the number of SentencePiece tokens of `text`."""
        return self._model.count(text)

    def chunks(self, paper_id: str, article: str, *, limit: int | None = None) -> list[Chunk]:
        """Return the chunks of an article in order; none for an empty article.

        Args:
            paper_id: Id of the article, the stem of the chunk ids.
            article: Full text.
            limit: Keep only the first `limit` chunks.

        Raises:
            ConfigurationError: A single character takes more tokens than a window may hold.
        """
        chunks: list[Chunk] = []
        end = 0
        for index, window in enumerate(islice(self._windows(article), limit)):
            chunks.append(
                Chunk(
                    chunk_id=f"{paper_id}#{index:04d}",
                    paper_id=paper_id,
                    index=index,
                    text=article[window.start : window.end],
                    start=window.start,
                    end=window.end,
                    overlap=end - window.start,
                    tokens=window.tokens,
                )
            )
            end = window.end
        return chunks

    def _windows(self, text: str) -> Iterator[_Window]:
        """Yield windows from the first to the last cut, each ending after the previous one."""
        if not text:
            return
        cuts = self._cuts(text)
        first, start, alone = 0, 0, True
        reached = 0
        while reached < len(cuts.ends) - 1:
            stop, tokens = self._stop(text, cuts, first, start, alone)
            if stop <= reached:  # the overlap alone fills the window: go on without it
                first, start, alone = reached, cuts.ends[reached], False
                continue
            yield _Window(start, cuts.ends[stop], tokens)
            reached = stop
            first = bisect_left(cuts.before, cuts.before[stop] - self._overlap, first + 1, stop)
            # A window that starts at a word leaves out the space before it: encoding puts one
            # there, and so the word keeps its tokens. Without overlap the space belongs to it.
            alone = first < stop and first not in cuts.inside_words
            start = cuts.ends[first] + (1 if alone else 0)

    def _stop(self, text: str, cuts: _Cuts, first: int, start: int, alone: bool) -> tuple[int, int]:
        """Return the last cut the window can reach, and the tokens of the window.

        `alone`: the window starts at a word, so that tokens add up word by word.
        """
        before = cuts.before
        # Alone, a text that starts inside a word takes one more token: the space put in front.
        room = self._limit - (0 if alone else 1)
        stop = max(bisect_right(before, before[first] + room) - 1, first + 1)
        tokens = before[stop] - before[first]
        if alone and stop not in cuts.inside_words and tokens <= self._limit:
            return stop, tokens
        while (tokens := self.count(text[start : cuts.ends[stop]])) > self._limit:
            if stop == first + 1:
                raise ConfigurationError(
                    f"{text[start : cuts.ends[stop]]!r} alone takes {tokens} tokens, "
                    f"but a window holds only {self._limit}.",
                    where="chunking.tokens",
                    remedy="Set it higher, or choose another chunking.tokenizer.",
                )
            stop = max(first + 1, stop - (tokens - self._limit))
        return stop, tokens

    def _cuts(self, text: str) -> _Cuts:
        """Return every place where `text` may be cut: between words, and inside long ones."""
        words = _WORD_BREAK.split(text) if self._model.words_are_independent else [text]
        known = self._count_new(words)
        cuts = _Cuts()
        offset = total = 0
        for word in words:
            tokens = known.get(word)
            if tokens is None or tokens > self._uncut:
                token_ends = self._model.token_ends(word)
                tokens = len(token_ends)
                for end, before in self._inner_cuts(word, token_ends):
                    cuts.inside_words.add(len(cuts.ends))
                    cuts.add(offset + end, total + before)
            offset += len(word)
            total += tokens
            cuts.ends.append(offset)
            cuts.before.append(total)
            offset += 1  # the space between two words, part of the second word's first token
        return cuts

    def _count_new(self, words: list[str]) -> dict[str, int]:
        """Count the tokens of new words; very long words are not remembered."""
        known = self._known
        if len(known) > _REMEMBERED_WORDS or not known:
            # A final space makes a last, empty word: its token is the space's own.
            known = self._known = {"": self.count("a ") - self.count("a")}
        new = [w for w in set(words).difference(known) if len(w) <= _REMEMBERED_LENGTH]
        known.update(zip(new, self._model.counts(new), strict=True))
        return known

    def _inner_cuts(self, word: str, token_ends: list[int]) -> list[tuple[int, int]]:
        """Return (offset, tokens before it) of the cuts inside a word.

        These are the token boundaries next to white space (lines, tabs), and where those lie
        further apart than the longest uncut word, every token boundary.
        """
        after = {end: number for number, end in enumerate(token_ends, start=1)}
        after.pop(0, None)
        after.pop(len(word), None)
        cuts: list[tuple[int, int]] = []
        between: list[tuple[int, int]] = []
        previous = 0
        for end, number in sorted(after.items()):
            if not (word[end - 1].isspace() or word[end].isspace()):
                between.append((end, number))
                continue
            if number - previous > self._uncut:
                cuts += between
            cuts.append((end, number))
            between, previous = [], number
        return cuts + between if len(token_ends) - previous > self._uncut else cuts
