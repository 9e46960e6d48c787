"""Messages without control tokens for the server that is asked, and its answer with them again.

A server fills its chat template with the messages and reads control tokens in them as its own. What
is sent therefore holds none, neither a known one nor one of the server's own template. An answer
that repeats the harmless form means the token, so the token stands in what is kept. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from resources.control_tokens import control_tokens_in, neutralised, usable_tokens
from resources.generation import GenerationRequest, Message

_WRITTEN: Final = re.compile(r"<[^\s<>{}'\"%]{1,62}>|\[/?[A-Z_]{2,30}\]")
"""What may be a token in the text of a template. Some are plain tags; to send those in a harmless
form, too, costs nothing."""


def tokens_of_template(template: str | None, *told: str | None) -> tuple[str, ...]:
    """Return the tokens of a chat template that are not among the known ones.

    Args:
        template: The template's source, if the server tells it.
        *told: Tokens that the server names.
    """
    return usable_tokens([*filter(None, told), *_WRITTEN.findall(template or "")])


@dataclass(frozen=True, slots=True)
class HarmlessRequest:
    """A request without control tokens in its messages.

    Attributes:
        request: What to send.
        meant: The tokens that were replaced, by the form in which they are sent.
    """

    request: GenerationRequest
    meant: Mapping[str, str]

    def as_meant(self, answer: str) -> str:
        """Return an answer with the tokens whose harmless forms it repeats."""
        for form, token in self.meant.items():
            answer = answer.replace(form, token)
        return answer


def harmless(request: GenerationRequest, further: Sequence[str]) -> HarmlessRequest:
    """Return a request as it can be sent.

    Args:
        request: What is asked.
        further: Tokens of the server's template beside those of all model families.
    """
    contents = [message["content"] for message in request.messages]
    tokens = dict.fromkeys(
        place.token for content in contents for place in control_tokens_in(content, further)
    )
    if not tokens:
        return HarmlessRequest(request, {})
    forms = {neutralised(token, further): token for token in tokens}
    messages = tuple(
        Message(role=message["role"], content=neutralised(message["content"], further))
        for message in request.messages
    )
    return HarmlessRequest(
        replace(request, messages=messages),
        # A form that the request itself holds means itself.
        {form: token for form, token in forms.items() if not any(form in one for one in contents)},
    )
