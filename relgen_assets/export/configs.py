"""The configs of the dataset: one entry each, with everything the rest of the project needs.

To add a config, write its row class and its conversion and add an entry to `CONFIGS`. It is then
written, loaded, described in the card, reconciled and compared like the others. How the complete
examples are joined belongs to `examples`, how they are written to `shaping`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from relgen_assets.export.examples import CoreExample, FullExample
from relgen_assets.export.flat import EntityMention, RelationPair, entity_mentions, relation_pairs
from relgen_assets.export.lengths import Lengths
from relgen_assets.export.parts import shown_part
from relgen_assets.export.rejected import RejectedAnswer
from relgen_assets.export.shaping import Shaping
from relgen_assets.export.training import (
    AlpacaExample,
    ChatExample,
    ConversationalPair,
    PlainPair,
    PromptVariant,
    alpaca,
    chat,
    conversational_pair,
    plain_pair,
    prompt_variants,
    teacher_messages,
)
from relgen_assets.rows.models import StudentPrompt, TableRow

Convert = Callable[[FullExample, Shaping], Sequence[TableRow]]
"""A pure function from a complete example to its rows. The lineage check applies it again to the
stored rows of `full` and expects the stored rows of its config."""


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """One view of the dataset.

    Attributes:
        name: Name by which users load it; also its folder.
        row: Class of its rows, which defines its columns.
        convert: What makes its rows of an example; `None` if they are no examples.
        description: What it is for, in a few words; shown in the card.
        per_example: Rows of every example; `None` if that depends on the example.
        in_parts: Whether an example that is too long for one row is shown in parts, each with
            `per_example` rows; otherwise it is shown whole.
        plain: Class and conversion of its rows instead, where the settings want plain text.
        caution: A sentence for the card's limits: what a user must know before training on it.
    """

    name: str
    row: type[TableRow]
    convert: Convert | None
    description: str
    per_example: int | None = 1
    in_parts: bool = True
    plain: tuple[type[TableRow], Convert] | None = None
    caution: str | None = None

    @property
    def layouts(self) -> list[type[TableRow]]:
        """The classes that its rows may have, one for a whole shard."""
        return [self.row, *([self.plain[0]] if self.plain else [])]

    def row_under(self, shaping: Shaping) -> type[TableRow]:
        """Return the class of its rows under the settings."""
        return self.plain[0] if self.plain and not shaping.is_conversational else self.row

    def rows_of(self, example: FullExample, shaping: Shaping) -> Sequence[TableRow]:
        """Return the rows of an example under the settings; none if it is only in `full`."""
        plain = None if shaping.is_conversational else self.plain
        convert = plain[1] if plain else self.convert
        if convert is None or (self.name != FULL.name and not example.parts):
            return []
        shown = (
            [shown_part(example, part, shaping) for part in example.parts]
            if self.in_parts
            else [example]
        )
        return [row for one in shown for row in convert(one, shaping)]


def core_example(example: FullExample) -> CoreExample:
    """Return the `core` row of an example."""
    return CoreExample(summary=example.summary, chunk=example.chunk, extraction=example.extraction)


DEFAULT: Final = DatasetConfig(
    name="prompt_completion",
    row=ConversationalPair,
    convert=conversational_pair,
    plain=(PlainPair, plain_pair),
    description="prompt and completion, for trainers that learn completions only; the default",
)
"""The config that `datasets` loads when the user names none."""

FULL: Final = DatasetConfig(
    name="full",
    row=FullExample,
    convert=lambda example, _: [example],
    in_parts=False,
    description="every example with its origin and how it was made",
    caution="`repaired` extractions needed changes to be usable; the config `full` lists them per"
    " row.",
)
"""The config of the complete examples. Only the footers of its shards say what they were made from.
"""

REJECTED: Final = DatasetConfig(
    name="rejected",
    row=RejectedAnswer,
    convert=None,
    per_example=None,
    description="answers that were rejected, with the reason",
    caution="Nothing in `rejected` is right: do not train on its answers.",
)
"""The config of what may not be learned; written only if the settings want it."""

CONFIGS: Final[dict[str, DatasetConfig]] = {
    config.name: config
    for config in (
        DEFAULT,
        DatasetConfig(
            name="chat",
            row=ChatExample,
            convert=chat,
            description="the same as conversations: one user turn, one assistant turn",
        ),
        DatasetConfig(
            name="alpaca",
            row=AlpacaExample,
            convert=alpaca,
            description="the same as instruction, input and output",
        ),
        DatasetConfig(
            name="core",
            row=CoreExample,
            convert=lambda example, _: [core_example(example)],
            description="summary, chunk and extraction, without any prompt",
        ),
        FULL,
        DatasetConfig(
            name="prompts",
            row=PromptVariant,
            convert=prompt_variants,
            per_example=len(get_args(StudentPrompt)),
            description="every example under six prompts: with and without summary and schema",
        ),
        DatasetConfig(
            name="teacher_messages",
            row=ChatExample,
            convert=lambda example, _: teacher_messages(example),
            in_parts=False,
            description="what the teacher was asked, then the extraction; for audit, distillation",
            caution="The conversations of `teacher_messages` are the prompts as they were sent,"
            " with the worked example that stands in them: a trainer that learns every assistant"
            " turn learns the example.",
        ),
        DatasetConfig(
            name="entities",
            row=EntityMention,
            convert=lambda example, _: entity_mentions(example),
            per_example=None,
            in_parts=False,
            description="one row for each place where a chunk names an entity",
        ),
        DatasetConfig(
            name="relations",
            row=RelationPair,
            convert=lambda example, _: relation_pairs(example),
            per_example=None,
            in_parts=False,
            description="one row for each source and target of a relation",
        ),
        REJECTED,
    )
}
"""All configs by name, in the order in which the card lists them."""

FORMER_CONFIGS: Final = ("messages",)
"""Folders that earlier versions wrote; their shards are removed with those of their batch."""

_ALL_WHOLE: Final = Lengths()


def expected_rows(examples: int, lengths: Lengths = _ALL_WHOLE) -> dict[str, int]:
    """Return how many rows examples make, for every config in which that is fixed.

    Args:
        examples: Number of complete examples.
        lengths: How many of them are only in `full`, or shown in parts; by default none.
    """
    shown = examples - lengths.only_in_full
    in_parts = shown - lengths.rechunked + lengths.part_rows
    return {
        name: examples
        if name == FULL.name
        else (in_parts if config.in_parts else shown) * config.per_example
        for name, config in CONFIGS.items()
        if config.per_example is not None
    }
