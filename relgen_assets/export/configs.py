"""The configs of the dataset: one entry each, with everything the rest of the project needs.

To add a config, write its row class and its conversion here and add an entry to `CONFIGS`. It is
then written, loaded, described in the card, reconciled and compared like the others. How the
complete examples are joined belongs to `examples`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from relgen_assets.export.examples import CoreExample, FullExample
from relgen_assets.rows.models import ChatMessage, TableRow


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """One view of the dataset: every complete example becomes exactly one row, in order.

    Attributes:
        name: Name by which users load it; also its folder.
        row: Class of its rows, which defines its columns.
        convert: Pure function from a complete example to its row. The lineage check applies it
            again to the stored rows of `full` and expects the stored rows of this config.
        description: What it is for, in a few words; shown in the card.
        caution: A sentence for the card's limits: what a user must know before training on it.
    """

    name: str
    row: type[TableRow]
    convert: Callable[[FullExample], TableRow]
    description: str
    caution: str | None = None


class ChatExample(TableRow):
    """One row of the config `messages`: the conversation to train on.

    Trainers tell from its columns what a table is for, so this one holds nothing but `messages`.
    """

    messages: list[ChatMessage] = Field(
        description="The messages sent, then the extraction as the assistant's answer."
    )


def core_example(example: FullExample) -> CoreExample:
    """Return the `core` row of an example."""
    return CoreExample(summary=example.summary, text=example.text, extraction=example.extraction)


def chat_example(example: FullExample) -> ChatExample:
    """Return the `messages` row of an example."""
    answer = ChatMessage(role="assistant", content=example.extraction)
    return ChatExample(messages=[*example.sent_messages, answer])


DEFAULT: Final = DatasetConfig(
    name="core",
    row=CoreExample,
    convert=core_example,
    description="input and output only; the default",
)
"""The config that `datasets` loads when the user names none."""

FULL: Final = DatasetConfig(
    name="full",
    row=FullExample,
    convert=lambda example: example,
    description="the same rows with their origin and how they were made",
    caution="`repaired` extractions needed changes to be usable; the config `full` lists them per"
    " row.",
)
"""The config of the complete examples. Only its rows name their articles, and only the footers of
its shards say what they were made from."""

CONFIGS: Final[dict[str, DatasetConfig]] = {
    config.name: config
    for config in (
        DEFAULT,
        FULL,
        DatasetConfig(
            name="messages",
            row=ChatExample,
            convert=chat_example,
            description="the same rows as conversations, ready for chat fine-tuning",
            caution="The conversations of `messages` are the prompts as they were sent, with the"
            " worked example that stands in them: train on the last answer only.",
        ),
    )
}
"""All configs by name, in the order in which the card lists them."""
