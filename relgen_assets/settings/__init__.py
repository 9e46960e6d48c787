"""One typed object for everything that can be configured.

Values come, in falling priority, from `RELGEN_*` environment variables (`RELGEN_BATCHES__SIZE=10`)
and from `relgen.toml` in the project folder; every key has a default. Secrets are never values
here: settings name the environment variable that holds them. This wing opens no file but
`relgen.toml` and touches no network.

May touch `domain_errors`, `rows`, `rights`, `extraction`, `resources.storage`, and the options of
`resources.llama_server_pool` and `resources.generation_ledger`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import (
    Field,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.extraction.policy import AbsentNames, JudgingPolicy, UnsupportedRelations
from relgen_assets.rows.models import Mode, StudentPrompt
from relgen_assets.settings.environment import ENV_PREFIX, NESTED, names_all, refuse_unusable
from relgen_assets.settings.explanations import explain
from relgen_assets.settings.publishing_section import PublishingSettings
from relgen_assets.settings.rights_section import RightsSettings
from relgen_assets.settings.section import Section
from relgen_assets.settings.source_sections import (
    BibliographyColumns,
    Columns,
    FilesSource,
    SampleSource,
    ScientificPapersSource,
    SourceSettings,
    WikipediaColumns,
    WikipediaSource,
)
from resources.generation_ledger.options import LedgerOptions
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.options import PoolOptions
from resources.storage import shown

__all__ = [
    "ENV_PREFIX",
    "SETTINGS_FILE",
    "STATE_FOLDER",
    "AnswerBounds",
    "BatchSettings",
    "BibliographyColumns",
    "ChunkingSettings",
    "Columns",
    "DatasetSettings",
    "ExtractionSettings",
    "FilesSource",
    "JudgingSettings",
    "LedgerSettings",
    "PromptSettings",
    "PublishingSettings",
    "RightsSettings",
    "SampleSource",
    "ScientificPapersSource",
    "Section",
    "Settings",
    "SourceSettings",
    "StorageSettings",
    "SummarySettings",
    "WikipediaColumns",
    "WikipediaSource",
    "load_settings",
]

SETTINGS_FILE = "relgen.toml"
STATE_FOLDER = ".relgen"
"""Default folder of the project's state: ledger, logs, counts, Dagster's storage."""


class BatchSettings(Section):
    """How articles are grouped into partitions."""

    size: int = Field(20, ge=1, description="Articles per partition.")


class ChunkingSettings(Section):
    """How articles are cut into windows."""

    tokens: int = Field(1_000, ge=16, description="Largest window, in SentencePiece tokens.")
    overlap: int = Field(200, ge=0, description="Tokens shared by neighbouring windows.")
    tokenizer: str | None = Field(
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

    folder: str = Field(
        "prompts",
        min_length=1,
        description="Local folder; a file such as `summary.txt` in it replaces the bundled"
        " template. `relgen prompts init` copies them all.",
    )


class SummarySettings(Section):
    """How summaries are generated."""

    temperature: float = Field(0.7, ge=0, le=2, description="Sampling temperature.")
    max_tokens: int = Field(200, ge=16, description="Longest summary, in the model's tokens.")
    seed: int = Field(0, ge=0, description="Seed of the first attempt; each variant has its own.")
    variant: int = Field(
        1, ge=1, description="Variant of the summaries in the tables; each is a further draw."
    )


class AnswerBounds(NamedTuple):
    """The largest answer allowed: its tokens, entities and relations."""

    tokens: int
    entities: int
    relations: int

    def halved(self, times: int) -> AnswerBounds:
        """Return bounds with half as many entities and relations, so many times; never none."""
        return self._replace(
            entities=max(2, self.entities >> times), relations=max(1, self.relations >> times)
        )


_BOUNDS: dict[Mode, AnswerBounds] = {
    "schema": AnswerBounds(700, 12, 8),
    "candidates": AnswerBounds(260, 6, 2),
    "quote": AnswerBounds(420, 6, 3),
    "two_pass": AnswerBounds(700, 12, 8),
}
"""A model that needs candidates cannot write long answers without losing the thread."""


class ExtractionSettings(Section):
    """How extractions are generated."""

    mode: Literal["auto", "candidates", "quote", "schema", "two_pass"] = Field(
        "auto",
        description="`schema` leaves the answer free within its shape; `candidates` restricts"
        " entities to terms of the chunk; `quote` restricts the whole answer to sentences of the"
        " chunk, so that nothing can be made up; `two_pass` asks for the entities first, then for"
        " relations between those that are in the chunk, with two requests a chunk; `auto` is"
        " `quote` for the embedded model, whose free answers hold next to nothing that the chunk"
        " states (benchmarks/results.md), else `schema`. Choose `quote` for other models of 1.5B"
        " or less.",
    )
    quote_evidence: bool = Field(
        False,
        description="Whether each relation of an answer begins with the words of the chunk that"
        " state it; in mode `schema`. They point the judge to the sentence; no dataset has them.",
    )
    temperature: float = Field(0.2, ge=0, le=2, description="Sampling temperature.")
    max_tokens: int | None = Field(
        None,
        ge=64,
        description="Longest answer in tokens; by default 700, with candidates 260,"
        " with quotes 420.",
    )
    max_entities: int | None = Field(
        None,
        ge=2,
        le=100,
        description="Most entities per answer; by default 12, else 6.",
    )
    max_relations: int | None = Field(
        None,
        ge=1,
        le=100,
        description="Most relations per answer; by default 8, with candidates 2, with quotes 3.",
    )
    max_candidates: int = Field(
        14, ge=2, le=200, description="Most candidate terms, or quotes, per chunk."
    )
    attempts: int = Field(
        2, ge=1, le=10, description="Most content attempts per chunk while answers are unusable."
    )
    max_attempts: int = Field(
        10,
        ge=1,
        le=100,
        description="Limit on the content attempts per chunk, and per missing summary, that"
        " `relgen retry-rejected` may grant, over all runs.",
    )
    seed: int = Field(0, ge=0, description="Seed of the first attempt; each variant has its own.")
    variant: int = Field(
        1, ge=1, description="Variant of the answers in the tables; each is a further draw."
    )

    @model_validator(mode="after")
    def _limit_allows_attempts(self) -> ExtractionSettings:
        if self.max_attempts < self.attempts:
            raise ValueError("max_attempts must be at least attempts")
        return self

    @model_validator(mode="after")
    def _quotes_are_asked_of_free_answers(self) -> ExtractionSettings:
        if self.quote_evidence and self.mode not in ("auto", "schema"):
            raise ValueError(
                f"quote_evidence needs the mode schema; the mode {self.mode} bounds what an answer"
                " can say"
            )
        return self

    def mode_for(self, *, embedded: bool) -> Mode:
        """Return the effective mode; `auto` means quotes for the embedded model."""
        if self.mode != "auto":
            return self.mode
        return "quote" if embedded else "schema"

    def quotes_evidence(self, mode: Mode) -> bool:
        """Return whether the answers of a mode quote the evidence of their relations."""
        return self.quote_evidence and mode == "schema"

    def bounds(self, mode: Mode) -> AnswerBounds:
        """Return the largest answer allowed: as set, else the defaults of the mode."""
        default = _BOUNDS[mode]
        return AnswerBounds(
            self.max_tokens or default.tokens,
            self.max_entities or default.entities,
            self.max_relations or default.relations,
        )


class JudgingSettings(Section):
    """How answers are judged, and what happens to what a text does not say.

    A change judges known answers anew, without asking for them again.
    """

    absent_names: AbsentNames = Field(
        "drop",
        description="What happens to a name that does not occur in its chunk: `drop` leaves it out,"
        " `reject` rejects the answer, so that the chunk is asked about again, `mark` keeps it: it"
        " then stands in every config, and in `full` with the status `absent`.",
    )
    unsupported_relations: UnsupportedRelations = Field(
        "drop",
        description="What happens to a relation that its chunk does not state: `drop` leaves it"
        " out, `mark` keeps it: it then stands in every config, and in `full` with its fault.",
    )
    fuzzy_names: int | None = Field(
        None,
        ge=0,
        le=100,
        description="Least similarity (`rapidfuzz.fuzz.ratio`) at which a name with a slip in a"
        " long word, such as `transfomer`, is taken for the one in the chunk; by default `off`."
        " Other numbers, signs, acronyms, beginnings and endings are always other names.",
    )
    merge_relations: bool = Field(
        False,
        description="Whether relations with the same description and the same sources become one"
        " with all their targets, where one place of the chunk states them all.",
    )

    verify: Literal["off", "model"] = Field(
        "off",
        description="Whether a model is asked for a second opinion on each relation that the rules"
        " keep: `model` adds the asset `second_opinions`, whose requests go through the same pool,"
        " and drops the relations that it denies.",
    )

    @field_validator("fuzzy_names", mode="before")
    @classmethod
    def _off_is_none(cls, value: object) -> object:
        return None if value == "off" else value

    @property
    def policy(self) -> JudgingPolicy:
        """The same, as the rules take it."""
        return JudgingPolicy(**self.model_dump(exclude={"verify"}))

    @property
    def asks_model(self) -> bool:
        """Whether a second opinion is asked for."""
        return self.verify == "model"


class LedgerSettings(LedgerOptions):
    """Where completed generations are kept."""

    url: str = Field(
        default=f"sqlite:///{STATE_FOLDER}/ledger.db",
        description=LedgerOptions.model_fields["url"].description,
    )

    @field_serializer("url")
    def _url_as_shown(self, url: str) -> str:
        return shown(url)  # opening the ledger refuses a URL with a password


class StorageSettings(Section):
    """Where tables and the dataset are written; any fsspec URL."""

    data: str = Field("data", min_length=1, description="Folder of the intermediate tables.")
    dataset: str = Field("dataset", min_length=1, description="Folder of the finished dataset.")
    releases: str = Field(
        "releases", min_length=1, description="Local folder of the releases of the dataset."
    )
    state: str = Field(STATE_FOLDER, min_length=1, description="Local folder for logs and counts.")


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
    tokenizer: str | None = Field(
        None,
        description="Tokenizer of the model to be trained, which counts the tokens of rows: a"
        " Hugging Face `tokenizer.json`, a SentencePiece `.model`, or a folder with one"
        " of them; by default that of chunking.",
    )
    max_tokens: int | None = Field(
        None,
        ge=64,
        description="Longest training row, prompt and extraction, in tokens. Longer ones stay in"
        " `full`, are in no other config, and are counted in the card.",
    )
    rejected: bool = Field(
        False, description="Whether rejected answers are a config `rejected`, each with its reason."
    )


class Settings(BaseSettings):
    """Everything that can be configured, with defaults that run the bundled sample."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter=NESTED, extra="forbid", validate_default=True
    )

    source: SourceSettings = Field(default_factory=SampleSource)
    batches: BatchSettings = Field(default_factory=BatchSettings)
    chunking: ChunkingSettings = Field(default_factory=ChunkingSettings)
    prompts: PromptSettings = Field(default_factory=PromptSettings)
    summaries: SummarySettings = Field(default_factory=SummarySettings)
    extractions: ExtractionSettings = Field(default_factory=ExtractionSettings)
    judging: JudgingSettings = Field(default_factory=JudgingSettings)
    pool: PoolOptions[Endpoint] = Field(default_factory=PoolOptions[Endpoint])
    ledger: LedgerSettings = Field(default_factory=LedgerSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    dataset: DatasetSettings = Field(default_factory=DatasetSettings)
    rights: RightsSettings = Field(default_factory=RightsSettings)
    publishing: PublishingSettings = Field(default_factory=PublishingSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Give environment variables priority over the values of the settings file."""
        return env_settings, init_settings


def load_settings(
    root: Path, overrides: dict[str, Any] | None = None, *, file: Path | None = None
) -> Settings:
    """Return the settings of the project folder `root`.

    Args:
        root: Folder that may hold a `relgen.toml`.
        overrides: Sections that replace those of the file, e.g. `{"source": {"kind": "sample"}}`.
        file: Read this file, which has to exist, instead of the project's `relgen.toml`.

    Raises:
        ConfigurationError: The file is not valid TOML, or keys or values are wrong; the message
            names each of them.
    """
    path = file or root / SETTINGS_FILE
    try:
        wanted = file is not None or path.is_file()
        values = tomllib.loads(path.read_text(encoding="utf-8")) if wanted else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(
            f"the settings file cannot be read: {error}.", where=str(path)
        ) from error
    refuse_unusable(Settings)
    values |= overrides or {}
    try:
        return Settings(**values)
    except ValidationError as error:
        in_file = not names_all([fault["loc"] for fault in error.errors()])
        raise ConfigurationError(
            explain(error, values, Settings), where=str(path) if in_file else "the environment"
        ) from error
