"""Which parts of a chunk are training rows: all of it, parts that fit the token budget, or none.

A chunk is cut between sentences, and never within what states a relation. A part has the relations
that its own sentences state, and the entities that it names, so that it teaches nothing that it
does not say; only the description of what the text is about stays that of the whole chunk.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from relgen_assets.export.examples import FullExample, TrainingPart
from relgen_assets.export.shaping import Shaping
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.rows.models import Extraction, Span


class _Range(NamedTuple):
    start: int
    end: int


def training_parts(example: FullExample, shaping: Shaping) -> list[TrainingPart]:
    """Return what of an example's chunk is shown in training rows, one entry a row.

    An example that overlaps with an evaluation set has none. One over the token budget has none or
    is cut, as the settings say.

    Raises:
        ConfigurationError: The tokenizer of the settings cannot be used.
    """
    if example.overlaps:
        return []
    if shaping.fits(example.student_tokens):
        whole = TrainingPart(
            start=0,
            end=len(example.chunk),
            prompt_tokens=example.student_prompt_tokens,
            answer_tokens=example.student_answer_tokens,
        )
        return [whole]
    return _cut(example, shaping) if shaping.settings.over_budget == "rechunk" else []


def shown_part(example: FullExample, part: TrainingPart, shaping: Shaping) -> FullExample:
    """Return a part of an example as an example: its text, and what is said of that.

    Its offsets are those in the part, and in the article; its `tokens` stay those of the chunk.
    """
    if (part.start, part.end) == (0, len(example.chunk)):
        return example
    entities, relations = _inside(example, part.start, part.end)
    extraction = _extraction(example, entities, relations)
    return example.model_copy(
        update={
            "chunk": example.chunk[part.start : part.end],
            "extraction": shaping.answer.write(extraction),
            "list_of_entities": extraction.list_of_entities,
            "entity_types": extraction.entity_types,
            "relations": extraction.relations,
            "grounding": [
                one.model_copy(update={"mentions": _moved(one.mentions, part)})
                for one in map(example.grounding.__getitem__, entities)
            ],
            "evidence": [
                one.model_copy(update={"sentences": _moved(one.sentences, part)})
                for one in map(example.evidence.__getitem__, relations)
            ],
            "start": example.start + part.start,
            "end": example.start + part.end,
            "student_prompt_tokens": part.prompt_tokens,
            "student_answer_tokens": part.answer_tokens,
        }
    )


def relations_in_parts(example: FullExample) -> int:
    """Return how many relations of an example are in a training row."""
    return sum(len(_inside(example, part.start, part.end)[1]) for part in example.parts)


def _cut(example: FullExample, shaping: Shaping) -> list[TrainingPart]:
    """Return the parts that fit and state a relation; of what states none, the first that fits."""
    measured: dict[_Range, TrainingPart] = {}

    def fits(range_: _Range) -> bool:
        if range_ not in measured:
            measured[range_] = _measured(example, range_, shaping)
        return shaping.fits(measured[range_].row_tokens)

    found = list(_packed(_units(example), fits))
    if not example.relations:
        return [measured[one] for one in found[:1]]
    return [measured[one] for one in found if _inside(example, *one)[1]]


def _units(example: FullExample) -> list[list[_Range]]:
    """Return the sentences of a chunk, those together that state a relation together."""
    stated = [
        _Range(one.sentences[0].start, one.sentences[-1].end)
        for one in example.evidence
        if one.sentences
    ]
    units: list[list[_Range]] = []
    reach = 0
    for sentence in (_Range(*span) for span in sentence_spans(example.chunk)):
        if units and sentence.start < reach:
            units[-1].append(sentence)
        else:
            units.append([sentence])
        ends = [one.end for one in stated if one.start < sentence.end and one.end > sentence.start]
        reach = max([reach, *ends])
    return units


def _packed(units: Sequence[list[_Range]], fits: Callable[[_Range], bool]) -> Iterator[_Range]:
    """Yield ranges that fit, each with as many units as possible.

    A unit that does not fit alone is taken apart, and a sentence that does not fit is left out.
    """
    first = 0
    while first < len(units):
        # More text has more tokens, so the largest range that fits is found by halving.
        stops = range(first + 1, len(units) + 1)
        count = bisect_left(stops, True, key=lambda stop: not fits(_around(units[first:stop])))
        if count:
            yield _around(units[first : first + count])
        elif len(units[first]) > 1:
            yield from _packed([[sentence] for sentence in units[first]], fits)
        first += max(count, 1)


def _around(units: Sequence[list[_Range]]) -> _Range:
    return _Range(units[0][0].start, units[-1][-1].end)


def _measured(example: FullExample, range_: _Range, shaping: Shaping) -> TrainingPart:
    extraction = _extraction(example, *_inside(example, *range_))
    prompt = shaping.shown(example.summary, example.chunk[range_.start : range_.end]).plain
    prompt_tokens, answer_tokens = shaping.counts([prompt, shaping.answer.write(extraction)])
    return TrainingPart(
        start=range_.start,
        end=range_.end,
        prompt_tokens=prompt_tokens,
        answer_tokens=answer_tokens,
    )


def _inside(example: FullExample, start: int, end: int) -> tuple[list[int], list[int]]:
    """Return the positions of the entities that a part names, and of the relations it states."""
    if (start, end) == (0, len(example.chunk)):
        return [*range(len(example.list_of_entities))], [*range(len(example.relations))]
    entities = [
        number
        for number, one in enumerate(example.grounding)
        if any(start <= mention.start and mention.end <= end for mention in one.mentions)
    ]
    names = {example.list_of_entities[number] for number in entities}
    relations = [
        number
        for number, (relation, found) in enumerate(
            zip(example.relations, example.evidence, strict=True)
        )
        if found.sentences
        and all(start <= one.start and one.end <= end for one in found.sentences)
        and names.issuperset(relation.source_entities + relation.target_entities)
    ]
    return entities, relations


def _extraction(
    example: FullExample, entities: Sequence[int], relations: Sequence[int]
) -> Extraction:
    types = example.entity_types
    return Extraction(
        section_description=example.section_description,
        list_of_entities=[example.list_of_entities[number] for number in entities],
        entity_types=None if types is None else [types[number] for number in entities],
        relations=[example.relations[number] for number in relations],
    )


def _moved(spans: Sequence[Span], part: TrainingPart) -> list[Span]:
    """Return the spans that are in a part, with their offsets there."""
    return [
        Span(start=one.start - part.start, end=one.end - part.start)
        for one in spans
        if part.start <= one.start and one.end <= part.end
    ]
