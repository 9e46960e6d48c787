"""The opened project: the settings, and the source, batches and chunker they describe.

Assets and the command line share one `Project`. Everything in it is opened on first use, so that
loading the definitions stays fast and touches neither models nor tokenizers.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.export.shaping import Shaping
from relgen_assets.orchestration.home import INSTANCE_FILE
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.versions import code_versions
from relgen_assets.prompts import PromptSet, load_prompts
from relgen_assets.settings import ENV_PREFIX, SETTINGS_FILE, STATE_FOLDER, Section, Settings
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.evaluation_texts import (
    EvaluationFile,
    evaluation_files,
    evaluation_texts,
)
from relgen_assets.text.chunking import Chunker
from relgen_assets.text.overlap import Overlap
from relgen_assets.text.tokenizer import default_model

_ROOT_MARKERS = (SETTINGS_FILE, INSTANCE_FILE, STATE_FOLDER)


class Project:
    """The settings, and the objects that they describe.

    Args:
        settings: The effective settings; relative paths are relative to the working folder.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def source(self) -> ArticleSource:
        """The source of the articles."""
        return open_source(self.settings.source, state=Path(self.settings.storage.state))

    @cached_property
    def batches(self) -> Batches:
        """The batches of the source; counts its articles unless the settings give the number."""
        source = self.settings.source
        return Batches(source.name, self.source.count(), self.settings.batches.size)

    @cached_property
    def code_versions(self) -> dict[str, str]:
        """The code version of every asset under these settings and prompts, by its name."""
        return code_versions(self.settings, self.prompts)

    def code_version_under(self, asset: str, **sections: Section) -> str:
        """Return the code version of an asset in a run that replaces sections of the settings.

        Where it differs from that of the project, what the run makes is stale from the start.
        """
        settings = self.settings.model_copy(update=dict(sections))
        return code_versions(settings, self.prompts)[asset]

    @cached_property
    def prompts(self) -> PromptSet:
        """The prompt templates: the project's own, and the bundled ones for the rest."""
        prompts = self.settings.prompts
        return load_prompts(
            Path(prompts.folder),
            variant=prompts.variant,
            must_exist="folder" in prompts.model_fields_set,
        )

    @cached_property
    def shaping(self) -> Shaping:
        """How examples become training rows."""
        return Shaping(self.settings.dataset, self.prompts, self._tokenizer)

    @cached_property
    def evaluation_files(self) -> list[EvaluationFile]:
        """The files of the evaluation sets that the settings name."""
        named = self.settings.dataset.evaluation_texts
        return evaluation_files(named, state=Path(self.settings.storage.state))

    @cached_property
    def evaluation(self) -> Overlap:
        """The texts that models will be evaluated on."""
        return Overlap(evaluation_texts(self.evaluation_files))

    @cached_property
    def chunker(self) -> Chunker:
        """The chunker, with its tokenizer loaded."""
        chunking = self.settings.chunking
        return Chunker(
            tokens=chunking.tokens,
            overlap=chunking.overlap,
            tokenizer=Path(chunking.tokenizer) if chunking.tokenizer else None,
        )

    def _tokenizer(self) -> Path:
        named = self.settings.chunking.tokenizer
        return Path(named) if named else default_model()


def find_root(start: Path) -> Path:
    """Return the project folder: the nearest one upwards with a settings file, or `start`."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return start


def require_project(root: Path) -> None:
    """Refuse to work in a folder that is no project, which would strew files over it.

    Settings may also come from the environment alone, as in containers. A folder where
    `relgen demo` ran has state, and counts.

    Raises:
        ConfigurationError: Nothing here says that this is a project.
    """
    named = any(variable.upper().startswith(ENV_PREFIX) for variable in os.environ)
    if not named and not any((root / marker).exists() for marker in _ROOT_MARKERS):
        raise ConfigurationError(
            f"this folder is no project: neither it nor a folder above holds a {SETTINGS_FILE}.",
            where=str(root),
            remedy="Make one with `relgen init`, or try the bundled articles with `relgen demo`.",
        )
