"""What of a model's words is its answer, and what it only thought. Pure.

Models think aloud before they answer: between tags, in a channel of their own, or in a field of
their own (`stream` collects those). A thought may hold a draft of the answer, even as JSON; it is
kept beside the answer and never taken for it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NAMES: Final = "think|thinking|thought|thoughts|reasoning|reflection|seed:think"
_TAG = re.compile(
    rf"(?P<open><(?:{_NAMES})>|\[THINK\]|◁think▷|<\|begin_of_thought\|>)"
    rf"|(?P<close></(?:{_NAMES})>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>)",
    re.IGNORECASE,
)
"""Where a thought begins and ends, in the templates of Qwen, DeepSeek, Seed, Magistral, Kimi and
others."""
_STRING_OR_TAG = re.compile(rf'"(?:[^"\\]++|\\.)*+"?|{_TAG.pattern}', re.IGNORECASE | re.DOTALL)
"""A string of JSON, in which a tag is something that the answer writes about, or a tag."""

_INDENT: Final = 80
"""Longest white space before a tag that begins a line, in characters."""
_CHANNEL: Final = "<|channel|>"
_MESSAGE = re.compile(
    r"<\|channel\|>(?P<header>(?:(?!<\|(?:message|channel)\|>).){0,200})<\|message\|>"
    r"(?P<words>[^<]*+(?:<(?!\|(?:end|return|call|start|channel)\|>)[^<]*+)*+)",
    re.DOTALL,
)
"""One message of the harmony format, as gpt-oss writes it."""
_BARE_CHANNELS = re.compile(r"\s*analysis(?P<thought>.*?)assistantfinal(?P<words>.*)", re.DOTALL)
"""The same where the server has dropped the special tokens."""


class Parts(NamedTuple):
    """The words of a model, taken apart.

    Attributes:
        answer: What it answered.
        thoughts: What it thought; empty if it did not think aloud.
    """

    answer: str
    thoughts: str


def take_apart(words: str) -> Parts:
    """Return the answer and the thoughts in what a model wrote."""
    if _CHANNEL in words:
        return _by_channel(words)
    bare = _BARE_CHANNELS.match(words)
    if bare is not None:
        return Parts(bare["words"].strip(), bare["thought"].strip())
    if _TAG.search(words) is None:
        return Parts(words, "")
    return _by_tag(words)


def _by_channel(words: str) -> Parts:
    """Take harmony channels apart: only `final` is the answer.

    What stands before the first channel has none: a server that opens `final` itself leaves it so.
    """
    answers: list[str] = []
    thoughts: list[str] = []
    before = words[: words.index(_CHANNEL)].removesuffix("<|start|>assistant").strip()
    for message in _MESSAGE.finditer(words):
        is_final = message["header"].split(maxsplit=1)[:1] == ["final"]
        (answers if is_final else thoughts).append(message["words"].strip())
    if before and not answers:
        answers.append(before)
    return Parts("\n".join(answers), "\n".join(filter(None, thoughts)))


def _by_tag(words: str) -> Parts:
    """Take tagged thoughts apart, in one pass.

    A thought that nothing ends reaches to the end. One that nothing begins reaches from the start:
    the template of the model had begun it in the prompt.
    """
    tags = _tags(words)
    last_end = max((tag.start() for tag in tags if tag.lastgroup == "close"), default=-1)
    answers: list[str] = []
    thoughts: list[str] = []
    depth, position = 0, 0
    for tag in tags:
        before = words[position : tag.start()]
        if tag.lastgroup == "open":
            if depth == 0 and tag.start() > last_end and not _begins_a_line(words, tag.start()):
                continue  # the answer writes about the tag
            (thoughts if depth else answers).append(before)
            depth += 1
        elif depth == 0:
            thoughts += [*answers, before]
            answers.clear()
        else:
            thoughts.append(before)
            depth -= 1
        position = tag.end()
    (thoughts if depth else answers).append(words[position:])
    return Parts("".join(answers).strip(), "\n".join(filter(None, map(str.strip, thoughts))))


def _tags(words: str) -> list[re.Match[str]]:
    """Return the tags, without those in the strings of an answer that begins as JSON."""
    pattern = _STRING_OR_TAG if words.lstrip()[:1] == "{" else _TAG
    return [match for match in pattern.finditer(words) if match.lastgroup is not None]


def _begins_a_line(words: str, position: int) -> bool:
    """Whether only white space, and not much, stands between a line break and a position."""
    _, line_break, indent = words[max(0, position - _INDENT) : position].rpartition("\n")
    return not indent.strip() and (bool(line_break) or position <= _INDENT)
