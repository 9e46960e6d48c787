"""The rows that trainers take: conversations, prompts with completions, and instructions.

Trainers tell from its columns what a table is for, so these rows hold nothing else. Each has the
extraction as its only answer: what trains on answers trains on extractions and nothing else.
"""

from __future__ import annotations

from typing import get_args

from pydantic import Field

from relgen_assets.export.examples import FullExample
from relgen_assets.export.shaping import Shaping
from relgen_assets.rows.models import ChatMessage, StudentPrompt, TableRow


class ConversationalPair(TableRow):
    """One row of the config `prompt_completion`, as messages."""

    prompt: list[ChatMessage] = Field(description="What the model is shown: one user message.")
    completion: list[ChatMessage] = Field(description="The extraction, as the assistant's answer.")


class PlainPair(TableRow):
    """One row of the config `prompt_completion`, as plain text."""

    prompt: str = Field(description="What the model is shown, up to where its answer begins.")
    completion: str = Field(description="The extraction as JSON.")


class ChatExample(TableRow):
    """One row of a config with conversations."""

    messages: list[ChatMessage] = Field(
        description="What is shown, then the extraction as the assistant's answer."
    )


class AlpacaExample(TableRow):
    """One row of the config `alpaca`."""

    instruction: str = Field(description="What to do, the same in every row.")
    input: str = Field(description="What to do it with: the chunk, and the summary if it is shown.")
    output: str = Field(description="The extraction as JSON.")


class PromptVariant(PlainPair):
    """One row of the config `prompts`: an example under one of the six student prompts."""

    variant: StudentPrompt = Field(description="The student prompt: filter by it, or mix them.")
    chunk_id: str = Field(description="Id of the chunk, the same for its six rows.")


def conversational_pair(example: FullExample, shaping: Shaping) -> list[TableRow]:
    """Return prompt and completion, as messages."""
    asked, answer = _turns(example, shaping)
    return [ConversationalPair(prompt=[asked], completion=[answer])]


def plain_pair(example: FullExample, shaping: Shaping) -> list[TableRow]:
    """Return prompt and completion, as plain text."""
    prompt = shaping.shown(example.summary, example.chunk).plain
    return [PlainPair(prompt=prompt, completion=example.extraction)]


def chat(example: FullExample, shaping: Shaping) -> list[TableRow]:
    """Return a conversation of one user turn and one assistant turn."""
    return [ChatExample(messages=[*_turns(example, shaping)])]


def alpaca(example: FullExample, shaping: Shaping) -> list[TableRow]:
    """Return instruction, input and output; a prompt without instruction is one as a whole."""
    shown = shaping.shown(example.summary, example.chunk)
    instruction, given = (
        (shown.instruction, shown.given) if shown.instruction else (shown.given, "")
    )
    return [AlpacaExample(instruction=instruction, input=given, output=example.extraction)]


def prompt_variants(example: FullExample, shaping: Shaping) -> list[TableRow]:
    """Return the example under each student prompt. Alike rows side by side compress well."""
    return [
        PromptVariant(
            variant=variant,
            prompt=shaping.shown(example.summary, example.chunk, variant).plain,
            completion=example.extraction,
            chunk_id=example.chunk_id,
        )
        for variant in get_args(StudentPrompt)
    ]


def teacher_messages(example: FullExample) -> list[TableRow]:
    """Return the conversation as it was: the exact messages sent, then the extraction."""
    answer = ChatMessage(role="assistant", content=example.extraction)
    return [ChatExample(messages=[*example.sent_messages, answer])]


def _turns(example: FullExample, shaping: Shaping) -> tuple[ChatMessage, ChatMessage]:
    shown = shaping.shown(example.summary, example.chunk)
    return (
        ChatMessage(role="user", content=shown.whole),
        ChatMessage(role="assistant", content=example.extraction),
    )
