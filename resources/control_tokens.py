"""Control tokens of chat templates in plain text: found, made harmless, and put back.

Servers fill a chat template with the text of a request and read the whole with special tokens,
so that `<|im_end|>` in a text ends the turn, and a forged one stands behind it. Trainers do the
same with the rows of a dataset. A text is made harmless by replacing the first character of every
such token with one that looks alike. The text keeps its length, so that offsets stay what they are,
and the places of what was replaced bring the original back. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

END_TOKENS: Final = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|end_of_role|>",
    "<|endofturn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|END_RESPONSE|>",
    "<|message_sep|>",
    "<｜end▁of▁sentence｜>",  # noqa: RUF001 - the token has it
    "<end_of_turn>",
    "<end_of_utterance>",
    "<eos>",
    "</s>",
    "[|endofturn|]",
    "[e~[",
)
"""Tokens that end a turn or a text, in the templates of common models."""
ROLE_TOKENS: Final = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<|start_of_role|>",
    "<|START_OF_TURN_TOKEN|>",
    "<|start|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
    "<start_of_turn>",
    "<｜User｜>",  # noqa: RUF001 - the token has it
    "<｜Assistant｜>",  # noqa: RUF001 - the token has it
    "[INST]",
    "[/INST]",
    "<bos>",
)
"""Tokens that begin a turn."""

_NAME: Final = r"[^\s<>|｜\[\]]{2,64}"  # noqa: RUF001 - DeepSeek's bar
_BAR: Final = r"[|｜]"  # noqa: RUF001
_BARRED: Final = (
    rf"<{_BAR}(?:{_NAME}{_BAR}?|\"{_BAR})>",
    rf"<{_NAME}{_BAR}>",
    rf"\[\|{_NAME}\|\]",
)
"""Any name between bars, the form of nearly all newer models: ChatML and Qwen `<|im_end|>`,
Llama 3 and 4, Phi, harmony `<|channel|>`, Command R, GLM, Granite, Falcon 3, OLMo, Kimi, DeepSeek
with its full-width bars, EXAONE `[|user|]`, Gemma 4 `<|turn>` and `<turn|>`. A single letter
between bars is mathematics."""
_NUMBERED: Final = (
    r"<(?:unused|extra_id_|reserved_|SPECIAL_|mask:)\d{1,5}>",
    r"\[(?:control_|unused|PAD)\d{1,6}\]",
    r"</?seed:[a-z_]{2,32}>",
)
_WORDS: Final[Sequence[tuple[str, str, str]]] = (
    # Ends, beginnings and fillers: Llama 2, Mistral, Gemma, T5, BERT, Command R, GLM.
    ("<", "s bos eos pad unk mask cls sep sop eop eod PAD UNK CLS SEP", ">"),
    ("<", "BOS_TOKEN EOS_TOKEN EOP_TOKEN MASK_TOKEN 用户 AI", ">"),
    ("</", "s", ">"),
    ("[", "BOS EOS PAD UNK CLS SEP MASK gMASK sMASK", "]"),
    # Turns and tools: Gemma, SmolVLM, Llama 2, Mistral, MiniMax, Nemotron, Qwen, Hermes, GLM.
    ("<", "start_of_turn end_of_turn end_of_utterance <SYS> </SYS>", ">"),
    ("[", "INST /INST SYSTEM_PROMPT /SYSTEM_PROMPT AVAILABLE_TOOLS /AVAILABLE_TOOLS", "]"),
    ("[", "TOOL_CALLS /TOOL_CALLS TOOL_RESULTS /TOOL_RESULTS TOOL_CONTENT CALL_ID ARGS", "]"),
    ("[", "MODEL_SETTINGS /MODEL_SETTINGS e~", "["),
    ("]", "~b ~!b !p~", "]"),
    ("]", "!d~ !p~ ~!b", "["),
    ("<", "AVAILABLE_TOOLS TOOLCALL TOOL_RESPONSE", ">"),
    ("</", "AVAILABLE_TOOLS TOOLCALL TOOL_RESPONSE", ">"),
    ("｜", "DSML", "｜"),  # noqa: RUF001 - DeepSeek's bar
    ("<", "tool_call tool_response tool_calls arg_key arg_value minimax:tool_call", ">"),
    ("</", "tool_call tool_response tool_calls arg_key arg_value minimax:tool_call", ">"),
    # Thoughts, which readers of answers take apart.
    ("<", "think thinking thought thoughts reasoning reflection", ">"),
    ("</", "think thinking thought thoughts reasoning reflection", ">"),
    ("[", "THINK /THINK", "]"),
    ("◁", "think /think", "▷"),
    # Places of images and sounds: Gemma, LLaVA, SmolVLM, Pixtral, Voxtral, llama.cpp itself.
    ("<", "image video audio start_of_image end_of_image image_soft_token __media__", ">"),
    ("<", "fake_token_around_image global-img image_pad im_patch im_start im_end", ">"),
    ("[", "IMG IMG_BREAK IMG_END AUDIO BEGIN_AUDIO TRANSCRIBE", "]"),
    # Code models: what is filled in, files and repositories.
    ("<", "fim_prefix fim_middle fim_suffix fim_pad fim-prefix fim-middle fim-suffix", ">"),
    ("<", "PRE SUF MID EOT file_sep repo_name reponame gh_stars filename empty_output", ">"),
    ("<", "issue_start issue_comment issue_closed jupyter_start jupyter_text jupyter_code", ">"),
    ("<", "jupyter_output jupyter_script commit_before commit_msg commit_after pr", ">"),
    ("[", "PREFIX SUFFIX MIDDLE", "]"),
    (">>", "TITLE ABSTRACT INTRODUCTION SUMMARY COMMENT ANSWER QUESTION DOMAIN", "<<"),
)
"""Names without bars, between what opens and what closes them. `<b>` and other HTML that some
vocabularies hold steers no template and is left alone."""

SUBSTITUTES: Final = {
    "<": "‹",  # noqa: RUF001
    "[": "⁅",
    "]": "⁆",
    ">": "›",  # noqa: RUF001
    "◁": "◃",
    "｜": "¦",  # noqa: RUF001
}
"""What the first character of a token becomes. None of them begins a token, and no normal form of
Unicode turns one back into the character it stands for."""
_ORIGINALS: Final = {substitute: one for one, substitute in SUBSTITUTES.items()}
_MEANT: Final = str.maketrans(_ORIGINALS)

MOST_FURTHER: Final = 512
"""Most tokens of one template that are looked for."""
LONGEST_TOKEN: Final = 64
"""Longest token that is taken from a template, in characters."""


_CHARACTERS: Final = 12


class Place(NamedTuple):
    """Where a control token stands in a text.

    Attributes:
        start: Offset of its first character.
        token: The token.
    """

    start: int
    token: str


def control_tokens_in(text: str, further: Sequence[str] = ()) -> list[Place]:
    """Return every place where a control token begins, in order, also inside of another.

    Args:
        text: Any text.
        further: Tokens of one template beside those of all model families.
    """
    return [Place(one.start(), one["token"]) for one in _pattern(tuple(further)).finditer(text)]


def neutralised(text: str, further: Sequence[str] = ()) -> str:
    """Return a text of the same length without any control token.

    Args:
        text: Any text.
        further: Tokens of one template beside those of all model families.
    """
    return _pattern(tuple(further)).sub(lambda one: SUBSTITUTES[one["first"]], text)


def restored(text: str, starts: Iterable[int]) -> str:
    """Return the text that a neutralised one was.

    Args:
        text: What `neutralised` returned.
        starts: Where control tokens began.
    """
    characters = list(text)
    for start in starts:
        characters[start] = _ORIGINALS[characters[start]]
    return "".join(characters)


def as_meant(text: str) -> str:
    """Return a text with every substitute as what it looks like, wherever it came from."""
    return text.translate(_MEANT)


def usable_tokens(names: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens that can be looked for beside the known ones, each once, in their order."""
    fitting = (name for name in names if 2 < len(name) <= LONGEST_TOKEN and name[0] in SUBSTITUTES)
    unknown = (name for name in fitting if not _starts_with_token(name))
    return tuple(dict.fromkeys(unknown))[:MOST_FURTHER]


def list_version() -> str:
    """Return a short hash that changes with the tokens that are known."""
    return hashlib.sha256(_known().encode()).hexdigest()[:_CHARACTERS]


def _starts_with_token(name: str) -> bool:
    return _pattern(()).match(name) is not None


@lru_cache(64)
def _pattern(further: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches the first character of a token, so that tokens may overlap."""
    tokens = "|".join((*map(re.escape, further), _known()))
    firsts = re.escape("".join(SUBSTITUTES))
    # A set of characters at its beginning makes the search fast.
    return re.compile(rf"(?P<first>[{firsts}])(?<=(?=(?P<token>{tokens})).)")


@cache
def _known() -> str:
    """Return what matches any token of the known model families."""
    words = (
        rf"{re.escape(opening)}(?:{'|'.join(map(re.escape, names.split()))}){re.escape(closing)}"
        for opening, names, closing in _WORDS
    )
    return "|".join((*_BARRED, *_NUMBERED, *words))
