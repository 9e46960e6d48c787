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
from relgen_assets.orchestration.batch_plans import Planner
from relgen_assets.orchestration.home import INSTANCE_FILE
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.versions import code_versions
from relgen_assets.prompts import PromptSet, load_prompts
from relgen_assets.settings import (
    ENV_PREFIX,
    PROJECT_VARIABLE,
    SETTINGS_FILE,
    STATE_FOLDER,
    Section,
    Settings,
)
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.evaluation_texts import (
    EvaluationFile,
    evaluation_files,
    evaluation_texts,
)
from relgen_assets.text.chunking import Chunker
from relgen_assets.text.overlap import Overlap
from relgen_assets.text.tokenizer import default_model
from resources.parquet_io_manager import ParquetIOManager

_ROOT_MARKERS = (SETTINGS_FILE, INSTANCE_FILE, STATE_FOLDER)


class Project:
    """The settings, and the objects that they describe.

    Args:
        settings: The effective settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def source(self) -> ArticleSource:
        """The source of the articles."""
        return open_source(self.settings.source, state=Path(self.settings.storage.state))

    @cached_property
    def planner(self) -> Planner:
        """Plans the batches."""
        store = ParquetIOManager(base_path=self.settings.storage.data)
        return Planner(self.settings, self.source, store)

    @cached_property
    def batches(self) -> Batches:
        """The batches, as they were planned first; `look_again` plans them anew."""
        return self.planner.plan()

    def look_again(self) -> Batches:
        """Look at the source anew, plan its batches, and return them."""
        self.batches = self.planner.plan(anew=True)
        return self.batches

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
        settings = self.settings
        return Shaping(
            settings.dataset,
            self.prompts,
            self._tokenizer,
            settings.named,
            settings.extractions.scheme,
        )

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


def project_root() -> Path:
    """Return the project folder of a command, whether or not it is a project yet.

    It is the one that `RELGEN_PROJECT` names, or else that of the working folder.

    Raises:
        ConfigurationError: `RELGEN_PROJECT` names no folder.
    """
    named = os.environ.get(PROJECT_VARIABLE, "").strip()
    if not named:
        return find_root(Path.cwd())
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise ConfigurationError(
            "this is not a folder.",
            where=f"{PROJECT_VARIABLE}={named}",
            remedy="Name the folder that holds relgen.toml, in full.",
        )
    return folder.resolve()


def definitions_root() -> Path:
    """Return the project folder of a process of Dagster.

    Where neither `RELGEN_PROJECT` nor the working folder says it, the home of the instance does: it
    is a project folder, or the state folder of one.
    """
    root = project_root()
    home = os.environ.get("DAGSTER_HOME", "").strip()
    if not home or _is_project(root):
        return root
    candidates = (Path(home), Path(home).parent)
    return next((one for one in candidates if (one / SETTINGS_FILE).is_file()), root)


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
    named = any(
        variable.upper().startswith(ENV_PREFIX) and variable != PROJECT_VARIABLE
        for variable in os.environ
    )
    if not named and not _is_project(root):
        raise ConfigurationError(
            f"this folder is no project: neither it nor a folder above holds a {SETTINGS_FILE}.",
            where=str(root),
            remedy="Make one with `relgen init`, name one with `relgen --project FOLDER` or"
            f" {PROJECT_VARIABLE}, or try the bundled articles with `relgen demo`.",
        )


def _is_project(root: Path) -> bool:
    return any((root / marker).exists() for marker in _ROOT_MARKERS)
