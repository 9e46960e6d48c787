"""The text of the dataset card: what the data is, how it was made, and what its limits are.

It has the sections of the Hub's template. Every count comes from the footers of the shards, by the
tables of `card_tables` and `card_findings`. The YAML above the text belongs to `card_metadata`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relgen_assets.export import card_findings, card_tables, card_worth
from relgen_assets.export.about import About
from relgen_assets.export.answers import SCHEMA_FILE
from relgen_assets.export.attribution import ATTRIBUTION_FILE
from relgen_assets.export.card_metadata import Rows, languages_in, licence_entries, size_category
from relgen_assets.export.citation import CITATION_FILE, bibtex
from relgen_assets.export.companions import RECIPE_FILE
from relgen_assets.export.configs import CONFIGS, DEFAULT
from relgen_assets.export.counts import summed
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.lengths import total
from relgen_assets.export.markdown import bullet, code, paragraph, plain
from relgen_assets.export.plots import LENGTHS_FILE

_EMPTY: Final = """
This dataset has no examples yet, so there is nothing to load.
"""

_BODY: Final = """
Each example shows a model the summary of an article and one chunk of its text, and what to answer:
the entities the chunk names and the relations between them, as JSON. It is made to teach a small
language model to extract knowledge from text.

## Dataset details

{details}

## Uses
{outdated}
### Load it

```python
from datasets import load_dataset

dataset = load_dataset("path/to/this/folder", "{default}")
```

`datasets` caches what it has loaded and compares only this card to see whether the folder has
changed. After adding or replacing files, write the card again, as the asset `dataset_card` does.

### Train on it

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

### What it is not for

It is no reference for evaluation, since no person has checked its answers, and no database of
facts: an extraction repeats what one chunk of an article says, whether or not it is true.

## Dataset structure

### Configs and rows

{rows}

All chunks of an article are in one split, chosen by a hash of the article's title, or of its id if
it has none. Except `rejected`, every config is made from the rows of `full`, in the same order.

### Lengths

{length_table}

![Histograms of the lengths of chunks, summaries, extractions and training rows]({plot})

### Columns

{columns}

`extraction` is a string, since a string of JSON is what a model has to write:
`{{"section_description": …, "list_of_entities": […], "relations": [{{"description": …,
"source_entities": […], "target_entities": […], "strength": "strong" | "moderate" | "weak"}}]}}`.
`strength` is left out where it is not known, or not to be learned.

## Dataset creation

### Why it was made

Small models can run where large ones cannot, but extract badly without training. This dataset holds
what larger models, or constrained ones, said about texts, as far as the texts bear it out.

### Source data

{articles:,} articles were cut into overlapping chunks. The articles come from the sources named
below; their authors are named in `{attribution}`.

### How it was annotated

A language model wrote a summary of each article from its abstract and section names, and then an
extraction from that summary and one chunk. Every answer was parsed, normalised and checked against
its text; the answers that were rejected are not here. The inputs shown are those the model was
given: each stored prompt was checked to hold the whole summary and text of its row.

{origins}

### Models

{models}

{fleet}{energy}

### Settings

{method}Prompts and settings are in `{recipe}` in full.

### Yield

{chunks}

{attempts}
{empty}

### Evidence

{evidence}

### Agreement

{agreement}

### Overlap with evaluation sets

{overlap}

### Personal and sensitive information

Names of authors and of people in the articles are as published. Nothing was anonymised.

## Bias, risks and limits

- The extractions were written by a language model and judged by a program; no person has
  reviewed them. They can be incomplete or wrong, more so with small models.
{cautions}
- Summaries are model-written too and can say what the article does not.
- What the articles leave out, or see one-sidedly, so does the dataset.
{languages}
"""

_OUTDATED: Final = """
{batches:,} batches were written by another version of relgen-assets, with other columns. They are
left out until they are made again, which asks no server: `relgen run`.
"""

_LICENCE: Final = """
## Licence

The card names the licence {licence}. Texts and abstracts are parts of the articles and stay under
the licences of those articles, which decide what may be done with this dataset. Check them, and the
terms of the models named above, before you share it. `{attribution}` names the articles with their
authors and licences; the column `publishable` of the config `full` tells which rows may be
published by what is known, and `publishing_reason` why.
{rights}
## Citation

Cite the articles that you quote, from `{attribution}`. `{citation}` holds the citation of the
dataset:

```bibtex
{bibtex}
```
"""


def card_text(
    about: About,
    rows: Rows,
    facts: Sequence[ShardFacts],
    fingerprint: str,
    *,
    outdated: int = 0,
) -> str:
    """Return the Markdown of the card below its YAML.

    Args:
        about: What the project says.
        rows: Examples by config and split; empty when there are none.
        facts: The facts in the footers of the shards of `full`.
        fingerprint: Short hash of the contents, their version.
        outdated: Batches that another version wrote, and that are left out.
    """
    body = _body(about, rows, facts, outdated) if rows else _EMPTY
    rights = f"\n{card_findings.rights(facts)}\n" if rows else ""
    end = _LICENCE.format(
        licence=code(about.licence),
        attribution=ATTRIBUTION_FILE,
        citation=CITATION_FILE,
        rights=rights,
        bibtex=bibtex(about, fingerprint),
    )
    return f"# {plain(about.title)}\n{body}{end}"


def _body(about: About, rows: Rows, facts: Sequence[ShardFacts], outdated: int) -> str:
    lengths = total(one.lengths for one in facts)
    shown = [CONFIGS[config] for config in rows]
    return _BODY.format(
        details=_details(about, rows, facts),
        default=DEFAULT.name,
        rows=card_tables.rows(rows),
        outdated=_OUTDATED.format(batches=outdated) if outdated else "",
        lengths=card_tables.training_lengths(lengths),
        length_table=card_tables.lengths(facts),
        plot=LENGTHS_FILE,
        max_length=lengths.max_length,
        schema=SCHEMA_FILE,
        recipe=RECIPE_FILE,
        attribution=ATTRIBUTION_FILE,
        columns="\n\n".join(card_tables.columns(config) for config in shown),
        cautions="\n".join(bullet(one.caution) for one in shown if one.caution),
        languages=bullet(card_findings.languages(facts)),
        articles=summed(facts, "articles"),
        origins=card_tables.origins(facts),
        models=card_tables.models(facts),
        fleet=paragraph(card_findings.fleet(facts)),
        energy=card_findings.energy(about.kwh, facts),
        method=_method(about),
        chunks=card_findings.outcome(facts),
        attempts=card_findings.attempts(facts),
        empty=paragraph(card_findings.empty_rows(facts)),
        evidence=card_findings.evidence(facts),
        agreement=card_worth.agreement(facts),
        overlap=card_findings.overlap(facts),
    )


def _details(about: About, rows: Rows, facts: Sequence[ShardFacts]) -> str:
    entries = licence_entries(about.licence)
    named = entries.get("license_name", entries["license"])
    link = f" <{entries['license_link']}>" if "license_link" in entries else ""
    languages = [*about.languages] or languages_in(facts)
    return "\n".join(
        (
            f"- Curated by: {', '.join(map(plain, about.curators)) or 'not said'}",
            f"- Languages: {', '.join(map(code, languages)) or 'not certain'}",
            f"- Licence: {code(named)}{link}, see below",
            f"- Size: {sum(rows.get('full', {}).values()):,} examples of"
            f" {summed(facts, 'articles'):,} articles (`{size_category(rows)}`)",
            "- Made with: relgen-assets",
        )
    )


def _method(about: About) -> str:
    table = card_tables.settings(about.method)
    return f"{table}\n\n" if table else ""
