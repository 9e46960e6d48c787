"""Fills a template with a sample and looks at the outcome, as a server and the dataset will.

`checking` looks at the template; some faults show only in what it becomes. Datasets are made of
prompts that end with a message which holds the whole chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from relgen_assets.prompts.forms import Form
from relgen_assets.prompts.parsing import TemplateFault, Turn

SAMPLE: Final[Mapping[str, str]] = {
    "title": "Quorl storms of Orrunmere",
    "abstract": "We mapped the velquorite beds of Orrunmere in nine surveys.",
    "section_names": "Seepage\nTremmel moss",
    "summary": "The velquorite beds of Orrunmere were mapped.",
    "text": "Slow Orrunmere seepage {dissolves} velquorite.\n\n=== It feeds moss.",
    "candidates": "Orrunmere seepage; velquorite",
    "quotes": "Orrunmere seepage -> velquorite: Slow Orrunmere seepage dissolves velquorite.",
    "entities": "velquorite; moss",
    "categories": "minerals; plants",
    "entity_types": "- mineral: What beds are made of.\n- plant",
    "relation_types": "- feeds: One thing lives of the other.",
    "passage": "Dissolved velquorite feeds moss.",
    "claim": "Velquorite feeds moss.",
    "keys": '"list_of_entities"',
    "schema": '{"type": "object"}',
}
"""A value for each placeholder, in words that occur nowhere; with braces, as articles have them."""
_LAST: Final = ("text", "passage")
"""What the last message has to hold, where the template has it."""


def filled(content: str, placeholders: Sequence[str], values: Mapping[str, str]) -> str:
    """Return a turn with its placeholders replaced.

    In one pass over the template only: articles have braces, and may have `{text}`.
    """
    names = "|".join(placeholders)
    return re.sub(rf"\{{({names})\}}", lambda found: values[found[1]], content)


def render_faults(turns: Sequence[Turn], form: Form) -> Iterator[TemplateFault]:
    """Yield what is wrong with the messages that a template makes of the sample.

    Args:
        turns: Turns without faults of their own.
        form: What the template has to offer.
    """
    rendered = [filled(turn.content, form.placeholders, SAMPLE) for turn in turns]
    last = turns[-1]
    for name in form.required:
        if name in _LAST and SAMPLE[name] not in rendered[-1]:
            yield TemplateFault(
                last.header, f"{{{name}}} has to stand in the last turn, with nothing inserted."
            )
