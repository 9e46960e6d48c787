"""Prompt templates, as text files, and the builder that fills them.

A template is a sequence of chat turns. A line `=== system ===`, `=== user ===` or
`=== assistant ===` opens a turn; everything up to the next such line is its content. Names in
braces such as `{text}` are filled in; all other braces are literal. A user turn followed
by an assistant turn is a worked example. The parts that never change come first, so that servers
can reuse what they have already read. When a prompt is sent, and how often, is decided elsewhere.

May touch `rows` and the messages of `resources.generation`.
"""

from relgen_assets.prompts.builder import (
    PromptTask,
    example_descriptions,
    extraction_messages,
    prompt_version,
    summary_messages,
)

__all__ = [
    "PromptTask",
    "example_descriptions",
    "extraction_messages",
    "prompt_version",
    "summary_messages",
]
