"""The words of the dataset card, with places for what is counted.

It has the sections of the Hub's template. What goes into the places belongs to `card_text`.
"""

from __future__ import annotations

from typing import Final

EMPTY: Final = """
This dataset has no examples yet, so there is nothing to load.
"""

BODY: Final = """
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

{caching}

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
it has none. Every config of examples is made from the rows of `full`, in the same order.

### Lengths

{length_table}

![Histograms of the lengths of chunks, summaries, extractions and training rows]({plot})

### Columns

{columns}

`extraction` is a string, since a string of JSON is what a model has to write:
`{{"section_description": …, "list_of_entities": […], "relations": [{{"description": …,
"source_entities": […], "target_entities": […], "strength": "strong" | "moderate" | "weak"}}]}}`.
`strength` is left out where it is not known, or not to be learned.
{types}
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
{certificate}
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

TYPES: Final = """
### Types

Types were given with the question; what they mean stands below, under *Settings*. Where entities
have types, an entry of `list_of_entities` is an object with `name` and, where it is known, `type`;
where relations have types, each has a `type`. The model chose them: that a type is one of these was
checked, that it fits was not.

{table}
"""

GROWS: Final = """
`datasets` caches what it has loaded and compares only this card to see whether the folder has
changed. After adding or replacing files, write the card again, as the asset `dataset_card` does.
"""

OUTDATED: Final = """
{batches:,} batches were written by another version of relgen-assets, with other columns. They are
left out until they are made again, which asks no server: `relgen run`.
"""

LICENCE: Final = """
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
