"""Prompt templates, as text files, and the builder that fills them.

A template is a sequence of chat turns. A line `=== system ===`, `=== user ===` or
`=== assistant ===` opens a turn, and everything up to the next such line is its content. Names in
braces such as `{text}` are filled in; all other braces are literal. A user turn followed by an
assistant turn is a worked example. Constant parts come first, so that the prefix caches of servers
apply.
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
