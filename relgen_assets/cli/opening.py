"""How every command finds its project: the folder, the settings, and the working folder.

Imports are inside the functions, because Dagster and the settings take a second to import.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relgen_assets.orchestration.project import Project


def project_root() -> Path:
    """Return the project folder, whether or not it is a project yet."""
    from relgen_assets.orchestration.project import project_root as found

    return found()


def name_project(folder: Path) -> None:
    """Name the project folder for this command and the processes that it starts."""
    from relgen_assets.settings import PROJECT_VARIABLE

    os.environ[PROJECT_VARIABLE] = str(folder.expanduser().absolute())


def open_project(overrides: dict[str, Any] | None = None, *, file: Path | None = None) -> Project:
    """Return the project; its folder becomes the working folder, the base of relative paths.

    Args:
        overrides: Settings that win over those of the project, which then need not exist.
        file: Another settings file than that of the project, which then need not exist.

    Raises:
        ConfigurationError: Nothing here is a project, or a setting is wrong.
    """
    from relgen_assets.orchestration.project import Project, require_project
    from relgen_assets.settings import load_settings

    root = project_root()
    if overrides is None and file is None:
        require_project(root)
    file = file.absolute() if file else None
    os.chdir(root)
    return Project(load_settings(root, overrides, file=file))
