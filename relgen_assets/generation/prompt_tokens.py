"""How long a prompt is, in SentencePiece tokens, and at most for models with other tokenizers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from relgen_assets.rows.models import Chunk
from resources.generation import Message

_MESSAGE_TOKENS = 8
"""Tokens a chat template adds around one message (ChatML adds five, LLaMA-2 about eight)."""

_ESTIMATE_MARGIN = 1.1
"""On scientific English, other tokenizers stay within ten percent of SentencePiece v1."""


def count_tokens(messages: Sequence[Message], count: Callable[[str], int]) -> int:
    """Return the SentencePiece tokens of a prompt, including the chat template."""
    return sum(count(message["content"]) + _MESSAGE_TOKENS for message in messages)


def estimate_tokens(messages: Sequence[Message], count: Callable[[str], int]) -> int:
    """Return an upper estimate of a prompt's tokens for a model with an unknown tokenizer."""
    return int(count_tokens(messages, count) * _ESTIMATE_MARGIN)


def knowing(chunk: Chunk, count: Callable[[str], int]) -> Callable[[str], int]:
    """Return a counter that takes the tokens of a chunk from its row instead of encoding it again.

    What is left of the messages is the same for all chunks of an article, and short.
    """

    def counted(text: str) -> int:
        rest = text.replace(chunk.text, "")
        times = (len(text) - len(rest)) // len(chunk.text)
        return count(rest) + times * chunk.tokens

    return counted
