"""Prompt templates, as text files, and the set of them that a project uses.

A template is a sequence of chat turns. A line `=== system ===`, `=== user ===` or
`=== assistant ===` opens a turn; everything up to the next such line is its content. Names in
braces such as `{text}` are filled in; all other braces are literal. A user turn followed
by an assistant turn is a worked example. The parts that never change come first, so that servers
can reuse what they have already read. Templates in `student` are not sent: they are what a model is
trained with. Those in `no_summary` are sent where articles are not summarised. When a prompt is
sent, and how often, is decided elsewhere.

`forms` says what each template is for, `parsing` reads turns, `checking` and `rendering` find
faults, `folder` reads a project's own files, and `prompt_set` fills what passed.

May touch `rows`, `domain_errors`, the messages of `resources.generation`,
`resources.control_tokens` and `resources.atomic_write`.
"""

from relgen_assets.prompts.folder import load_prompts
from relgen_assets.prompts.forms import PROMPT_TASKS, STUDENT_TASKS, PromptTask, task_for
from relgen_assets.prompts.prompt_set import PromptSet, Template, bundled_prompts

__all__ = [
    "PROMPT_TASKS",
    "STUDENT_TASKS",
    "PromptSet",
    "PromptTask",
    "Template",
    "bundled_prompts",
    "load_prompts",
    "task_for",
]
