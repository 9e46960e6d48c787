"""The text of the dataset card: what the data is, how it was made, and what its limits are.

Every count comes from the footers of the shards. The YAML above the text belongs to `card`.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from relgen_assets.export.answers import SCHEMA_FILE
from relgen_assets.export.configs import CONFIGS, DEFAULT, DatasetConfig
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.lengths import Lengths, total
from relgen_assets.export.shaping import TEMPLATE_TOKENS
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rows.arrow import arrow_schema

_WIDTH: Final = 100
_EMPTY: Final = """
This dataset has no examples yet, so there is nothing to load.
"""

_BODY: Final = """
Each example shows a model the summary of a scientific article and one chunk of its text, and
what to answer: the entities the chunk names and the relations between them, as JSON. It is made to
teach a small language model to extract knowledge from text.

## Load it
{outdated}
```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder", "{default}")
```

`datasets` caches what it has loaded and compares only this card to see whether the folder has
changed. After adding or replacing files, write the card again, as the asset `dataset_card` does.

## Configs and rows

{rows}

All chunks of an article are in one split, chosen by a hash of the article's title, or of its id if
it has none. Except `rejected`, every config is made from the rows of `full`, in the same order.

## Train on it

{lengths}

- TRL: `SFTTrainer` with `prompt_completion` learns the completions and nothing else. With `chat`,
  set `assistant_only_loss=True`. Set `max_length={max_length}` in both.
- LLaMA-Factory: this folder is a `dataset_dir`, and `dataset_info.json` names its parts. Set
  `cutoff_len: {max_length}`.
- Axolotl: `axolotl.yaml` is the part of a configuration that names the data and their length.
- mlx-lm: `relgen export --format mlx FOLDER` writes the files it reads. Train with `--mask-prompt`
  and `--max-seq-length {max_length}`.

A model that was trained on this has to be asked with the prompt it was trained with. The six
prompts are in the config `prompts`; the JSON schema of an extraction is in `{schema}`.

## Columns

{columns}

`extraction` is a string, since a string of JSON is what a model has to write:
`{{"section_description": …, "list_of_entities": […], "relations": [{{"description": …,
"source_entities": […], "target_entities": […], "strength": "strong" | "moderate" | "weak"}}]}}`.
`strength` is left out where it is not known, or not to be learned.

## How it was made

{articles:,} articles were cut into overlapping chunks. A language model wrote a summary of each
article from its abstract and section names, and then an extraction from that summary and one
chunk. Every answer was parsed, normalised and checked; the answers that were rejected are not here.
The inputs shown are those the model was given: each stored prompt was checked to hold the whole
summary and text of its row.

{origins}

{attempts}
{empty}

## Limits

- The extractions were written by a language model and judged by a program; no person has
  reviewed them. They can be incomplete or wrong, more so with small models.
{cautions}
- Summaries are model-written too and can say what the article does not.
- The articles are in English only where their source is.
"""

_OUTDATED: Final = """
{batches:,} batches were written by another version of relgen-assets, with other columns. They are
left out until they are made again, which asks no server: `relgen run`.
"""

_LICENCE: Final = """
## Licence

The card names the licence `{licence}`. Texts and abstracts are parts of the articles and stay under
the licences of those articles, which decide what may be done with this dataset. Check them, and the
terms of the models named above, before you share it. `ATTRIBUTION.md` names the articles with their
authors and licences; the column `publishable` of the config `full` tells which rows may be
published by what is known, and `publishing_reason` why.
"""


def card_text(
    rows: Mapping[str, Mapping[Split, int]],
    facts: Sequence[ShardFacts],
    *,
    title: str,
    licence: str,
    outdated: int = 0,
) -> str:
    """Return the Markdown of the card below its YAML.

    Args:
        rows: Examples by config and split; empty when there are none.
        facts: The facts in the footers of the shards of `full`.
        title: Title of the dataset.
        licence: Licence id the YAML names.
        outdated: Batches that another version wrote, and that are left out.
    """
    body = _body(rows, facts, outdated) if rows else _EMPTY
    return f"# {title}\n{body}{_LICENCE.format(licence=licence)}"


def _body(
    rows: Mapping[str, Mapping[Split, int]], facts: Sequence[ShardFacts], outdated: int
) -> str:
    lengths = total(one.lengths for one in facts)
    shown = [CONFIGS[config] for config in rows]
    table = [
        [f"`{config}`", CONFIGS[config].description, *(f"{splits.get(s, 0):,}" for s in SPLITS)]
        for config, splits in rows.items()
    ]
    return _BODY.format(
        default=DEFAULT.name,
        rows=_markdown(["config", "what it holds", *SPLITS], table),
        outdated=_OUTDATED.format(batches=outdated) if outdated else "",
        lengths=_lengths(lengths),
        max_length=lengths.max_length,
        schema=SCHEMA_FILE,
        columns="\n\n".join(_columns(config) for config in shown),
        cautions="\n".join(_bullet(one.caution) for one in shown if one.caution),
        articles=sum(one.articles for one in facts),
        origins=_origins(facts),
        attempts=_attempts(facts),
        empty=textwrap.fill(_empty_rows(facts), _WIDTH),
    )


def _columns(config: DatasetConfig) -> str:
    """Return a table of the columns of a config; where it has two layouts, one for each."""
    tables = [
        _markdown(
            ["column", "type", "meaning"],
            [
                [f"`{field.name}`", str(field.type), field.metadata[b"description"].decode()]
                for field in arrow_schema(row)
            ],
        )
        for row in config.layouts
    ]
    return "\n\n".join([f"`{config.name}`", "\n\nor, as plain text,\n\n".join(tables)])


def _lengths(lengths: Lengths) -> str:
    """Return how long the training rows are, and what a trainer would cut."""
    if not lengths.rows:
        return "Every example is over the token budget, so that only `full` has rows."
    tokens = lengths.prompt_tokens + lengths.answer_tokens
    cut = [
        [f"{limit:,}", f"{rows:,}", f"{rows / lengths.rows:.1%}"]
        for limit, rows in lengths.cut.items()
    ]
    dropped = (
        f" {lengths.too_long:,} longer examples are over the token budget and only in `full`."
        if lengths.too_long
        else ""
    )
    return (
        f"**Set `max_length` to {lengths.max_length:,} or more**: that keeps all {lengths.rows:,}"
        f" training rows whole. The longest has {lengths.longest:,} tokens, the mean"
        f" {tokens / lengths.rows:,.0f}, of which the extraction is"
        f" {lengths.answer_tokens / tokens:.0%}; {TEMPLATE_TOKENS} more are allowed for what a chat"
        f" template adds.{dropped} A trainer cuts the end of longer rows, which is the answer:\n\n"
        + _markdown(["`max_length`", "rows that are cut", "share"], cut)
    )


def _origins(facts: Sequence[ShardFacts]) -> str:
    """Return a table of examples by source, verdict, model and prompt version."""
    counted = {
        "source": [one.sources for one in facts],
        "verdict": [one.verdicts for one in facts],
        "model of the extraction": [one.models for one in facts],
        "prompt of the extraction": [one.prompt_versions for one in facts],
        "model of the summary": [one.summary_models for one in facts],
        "prompt of the summary": [one.summary_prompt_versions for one in facts],
        "prompt of the student": [one.student_prompts for one in facts],
    }
    table: list[list[str]] = []
    for name, counts in counted.items():
        total: Counter[str] = Counter()
        for count in counts:
            total.update(count)
        ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
        table += [[name, f"`{value}`", f"{examples:,}"] for value, examples in ranked]
    return _markdown(["what", "value", "examples"], table)


def _attempts(facts: Sequence[ShardFacts]) -> str:
    """Return how many examples were asked for again, and why; empty if none was."""
    reasons: Counter[str] = Counter()
    for one in facts:
        reasons.update(one.earlier_reasons)
    if not reasons:
        return ""
    first = sum(sum(one.first_prompt_versions.values()) for one in facts)
    total = sum(sum(one.verdicts.values()) for one in facts)
    said = (
        f"Of {total:,} examples, {first:,} are first answers. The model was asked again for the"
        f" other {total - first:,}, because the answer before could not be used:"
    )
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    table = _markdown(
        ["reason", "examples"], [[f"`{reason}`", f"{count:,}"] for reason, count in ranked]
    )
    return f"{textwrap.fill(said, _WIDTH)}\n\n{table}\n"


def _empty_rows(facts: Sequence[ShardFacts]) -> str:
    """Return how many examples state no relation, and how many of them do not stand here."""
    standing, left_out = sum(one.empty for one in facts), sum(one.left_out for one in facts)
    return (
        f"{standing:,} examples state no relation, which teaches a model not to assert something"
        f" about every text; {left_out:,} more were left out."
    )


def _bullet(sentence: str) -> str:
    return textwrap.fill(sentence, _WIDTH, initial_indent="- ", subsequent_indent="  ")


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")
