"""Whether a server has answered only a part of a prompt, and is known to have.

A low count of tokens proves nothing: many servers count only what their cache did not hold, and
tokenizers differ. A prompt that fills a context to the brim, though, leaves no room for the answer
that came: the server has cut it.
"""

from __future__ import annotations

from typing import Final

from resources.generation import Generation
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

BRIM: Final = 0.99
"""Share of a context from which a prompt fills it."""


def fills(counted: int, context: int | None) -> bool:
    """Return whether a prompt of so many tokens fills a known context."""
    return context is not None and counted >= BRIM * context


def cut_prompt(answer: Generation, context: int) -> EndpointFault:
    """Return the fault for an answer to a prompt that was cut at a context."""
    return EndpointFault(
        "prompt_truncated",
        f"the server counted {answer.prompt_tokens} tokens of the prompt, which fill its context of"
        f" {context}: it has cut the prompt",
        Disposition.context,
        context=context,
        answer=answer,
    )
