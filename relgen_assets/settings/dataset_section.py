"""The section `[dataset]`: how examples become a dataset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from relgen_assets.rows.models import StudentPrompt
from relgen_assets.settings.section import Section
from resources.path_settings import LeadsTo


def without_summary(prompt: StudentPrompt) -> StudentPrompt:
    """Return the student prompt for the text alone, with a schema if the given one has it."""
    return "summary_none_schema" if prompt.endswith("_schema") else "summary_none"


class DatasetSettings(Section):
    """How examples become a dataset."""

    validation_percent: int = Field(
        10, ge=0, le=50, description="Percentage of the articles in the split `validation`."
    )
    test_percent: int = Field(
        10, ge=0, le=50, description="Percentage of the articles in the split `test`."
    )
    empty_percent: int = Field(
        5,
        ge=0,
        le=100,
        description="Most rows without a relation, as a percentage of the rows of a batch, since"
        " batches are exported one by one; 100 keeps all. Of more, those whose chunk id has the"
        " lowest hash stand. Beside fewer than 19 rows with relations, 5 % is none.",
    )
    title: str = Field("Relations in scientific articles", description="Title of the card.")
    licence: str = Field(
        "other", description="Licence id in the card; it depends on your articles."
    )
    curators: list[str] = Field(
        [], description="Who made the dataset: people or groups, for card and citation."
    )
    languages: list[str] = Field(
        [],
        description="Languages in the card, as ISO 639 codes such as `en`; by default those that"
        " the texts are in, as far as their words tell.",
    )
    student_prompt: StudentPrompt = Field(
        "summary_given",
        description="What a trained model is shown: the text without summary, with it, or with it"
        " merged into the text; and whether the JSON schema stands in the prompt. The config"
        " `prompts` holds all six.",
    )
    prompt_completion: Literal["conversational", "plain"] = Field(
        "conversational",
        description="Whether `prompt_completion` holds chat messages, for instruct models, or plain"
        " text, for base models.",
    )
    answer_json: Literal["compact", "indented"] = Field(
        "compact", description="Whether extractions are one line of JSON, or indented."
    )
    answer_strength: bool = Field(
        True, description="Whether extractions say how strongly a relation is stated."
    )
    tokenizer: Annotated[str | None, LeadsTo.place] = Field(
        None,
        description="Tokenizer of the model to be trained, which counts the tokens of rows: a"
        " Hugging Face `tokenizer.json`, a SentencePiece `.model`, or a folder with one"
        " of them; by default that of chunking.",
    )
    max_tokens: int | None = Field(
        None,
        ge=64,
        description="Longest training row, prompt and extraction, in tokens. What happens to longer"
        " ones is `over_budget`; they are counted in the card.",
    )
    over_budget: Literal["drop", "rechunk"] = Field(
        "drop",
        description="What happens to an example over `max_tokens`, which stays in `full`: `drop`"
        " leaves it out of every other config; `rechunk` cuts its chunk between sentences into"
        " parts that fit, and makes a training row of each part that states relations.",
    )
    evaluation_texts: Annotated[list[str], LeadsTo.pattern] = Field(
        [],
        description="Texts that models will be evaluated on: files (text, Markdown, JSON, JSON"
        " lines, CSV, TSV, parquet), folders, or patterns such as `sets/*.jsonl`. Examples that"
        " share 13 words in a row with one of them stay in `full`, are in no other config, and are"
        " counted in the card.",
    )
    rejected: bool = Field(
        False, description="Whether rejected answers are a config `rejected`, each with its reason."
    )
