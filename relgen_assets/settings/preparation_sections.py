"""The sections `[batches]`, `[chunking]` and `[prompts]`: what is made ready before a request."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from relgen_assets.settings.section import Section
from resources.path_settings import LeadsTo


class BatchSettings(Section):
    """How articles are grouped into partitions."""

    size: int = Field(
        20,
        ge=1,
        description="Articles of a new batch; a batch that was begun keeps those that it has.",
    )
    edited: Literal["keep", "redo"] = Field(
        "keep",
        description="What becomes of an article of a batch that says something else in the source"
        " now: `keep` what was made of it; or `redo` it when the batch is made again, which"
        " `--missing` then does.",
    )
    withdrawn: Literal["keep", "remove"] = Field(
        "keep",
        description="What becomes of an article of a batch that the source no longer has: `keep`"
        " its rows; or `remove` them when the batch is made again, which `--missing` then does.",
    )


class ChunkingSettings(Section):
    """How articles are cut into windows."""

    tokens: int = Field(1_000, ge=16, description="Largest window, in SentencePiece tokens.")
    overlap: int = Field(200, ge=0, description="Tokens shared by neighbouring windows.")
    tokenizer: Annotated[str | None, LeadsTo.place] = Field(
        None, description="A SentencePiece `.model` file; by default mistral-common's."
    )
    max_chunks_per_article: int | None = Field(
        None, ge=1, description="Keep only this many chunks of an article, from the first."
    )

    @model_validator(mode="after")
    def _overlap_leaves_progress(self) -> ChunkingSettings:
        if self.overlap > self.tokens // 2:
            raise ValueError("overlap must be at most half of tokens")
        return self


class PromptSettings(Section):
    """Where the project's own prompt templates are."""

    folder: Annotated[str, LeadsTo.place] = Field(
        "prompts",
        min_length=1,
        description="Local folder; a file such as `summary.txt` in it replaces the bundled"
        " template. `relgen prompts init` copies them all.",
    )
    variant: str | None = Field(
        None,
        min_length=1,
        description="Name of a folder in it whose files replace those of the folder: a variant.",
    )
