"""One typed object for everything that can be configured.

Values come, in falling priority, from `RELGEN_*` environment variables (`RELGEN_BATCHES__SIZE=10`)
and from `relgen.toml` in the project folder; every key has a default. Secrets are never values
here: settings name the environment variable that holds them. This wing opens no file but
`relgen.toml` and touches no network.

May touch `domain_errors`, `rows`, `rights`, `extraction`, `resources.path_settings`,
`resources.storage`, and the options of `resources.llama_server_pool` and
`resources.generation_ledger`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.settings.dataset_section import DatasetSettings, without_summary
from relgen_assets.settings.environment import (
    ENV_PREFIX,
    NESTED,
    PROJECT_VARIABLE,
    names_all,
    refuse_unusable,
)
from relgen_assets.settings.evaluation_section import EvaluationSettings
from relgen_assets.settings.explanations import explain
from relgen_assets.settings.generation_sections import (
    AnswerBounds,
    ExtractionSettings,
    SamplingSection,
    SummarySettings,
)
from relgen_assets.settings.judging_section import JudgingSettings
from relgen_assets.settings.places import resolve, within
from relgen_assets.settings.preparation_sections import (
    BatchSettings,
    ChunkingSettings,
    PromptSettings,
)
from relgen_assets.settings.publishing_section import PublishingSettings
from relgen_assets.settings.rights_section import RightsSettings
from relgen_assets.settings.section import Section
from relgen_assets.settings.source_sections import (
    BibliographyColumns,
    Columns,
    DocumentsSource,
    FilesSource,
    SampleSource,
    ScientificPapersSource,
    SourceSettings,
    WikipediaColumns,
    WikipediaSource,
)
from relgen_assets.settings.storage_sections import STATE_FOLDER, LedgerSettings, StorageSettings
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.options import PoolOptions

__all__ = [
    "ENV_PREFIX",
    "PROJECT_VARIABLE",
    "SETTINGS_FILE",
    "STATE_FOLDER",
    "AnswerBounds",
    "BatchSettings",
    "BibliographyColumns",
    "ChunkingSettings",
    "Columns",
    "DatasetSettings",
    "DocumentsSource",
    "EvaluationSettings",
    "ExtractionSettings",
    "FilesSource",
    "JudgingSettings",
    "LedgerSettings",
    "PromptSettings",
    "PublishingSettings",
    "RightsSettings",
    "SampleSource",
    "SamplingSection",
    "ScientificPapersSource",
    "Section",
    "Settings",
    "SourceSettings",
    "StorageSettings",
    "SummarySettings",
    "WikipediaColumns",
    "WikipediaSource",
    "load_settings",
    "without_summary",
]

SETTINGS_FILE = "relgen.toml"


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
    evaluation: EvaluationSettings = Field(default_factory=EvaluationSettings)
    publishing: PublishingSettings = Field(default_factory=PublishingSettings)

    _root: Path = PrivateAttr(default_factory=Path.cwd)

    def locate(self, root: Path) -> None:
        """Make all paths absolute: relative ones begin in the project folder `root`."""
        self._root = root
        resolve(self, root)

    def locate_again(self) -> None:
        """Make the paths of sections absolute that were replaced after the settings were read."""
        self.locate(self._root)

    def named(self, path: str) -> str:
        """Return a path as it is from the project folder; it stays the same if that is moved."""
        return within(path, self._root)

    @property
    def judging_policy(self) -> JudgingPolicy:
        """How answers are judged: as the section `judging` says, with the types of the project."""
        return self.judging.policy_for(self.extractions.scheme)

    @model_validator(mode="after")
    def _types_are_asked_for(self) -> Settings:
        fault = self.extractions.untyped_with(embedded=not self.pool.endpoints)
        if fault:
            raise ValueError(f"extractions: {fault}")
        return self

    @model_validator(mode="after")
    def _student_prompt_shows_what_there_is(self) -> Settings:
        chosen = self.dataset.student_prompt
        plain = without_summary(chosen)
        if self.summaries.enabled or chosen == plain:
            return self
        if "student_prompt" in self.dataset.model_fields_set:
            raise ValueError(
                f"dataset.student_prompt {chosen} shows a summary, and summaries.enabled is off:"
                f" choose {plain}"
            )
        self.dataset = self.dataset.model_copy(update={"student_prompt": plain})
        return self

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
        settings = Settings(**values)
    except ValidationError as error:
        in_file = not names_all([fault["loc"] for fault in error.errors()])
        raise ConfigurationError(
            explain(error, values, Settings), where=str(path) if in_file else "the environment"
        ) from error
    settings.locate(root)
    return settings
