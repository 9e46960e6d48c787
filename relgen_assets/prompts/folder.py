"""A project's own templates: files that replace the bundled ones, and copies to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches, unified_diff
from pathlib import Path
from typing import Literal

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.prompts.forms import PART_FOLDERS, PROMPT_TASKS, PromptTask
from relgen_assets.prompts.prompt_set import (
    SUFFIX,
    PromptSet,
    Template,
    bundled_file,
    bundled_prompts,
    read_template,
)
from resources.atomic_write import write_new


def load_prompts(
    folder: Path, *, variant: str | None = None, must_exist: bool = False
) -> PromptSet:
    """Return the project's templates: its own files, and the bundled ones for the rest.

    Args:
        folder: Folder with files such as `summary.txt`; files without the ending `.txt` are not
            looked at.
        variant: Name of a folder in it, whose files replace those of the folder.
        must_exist: Whether a missing folder is an error; otherwise every template is bundled.

    Raises:
        ConfigurationError: The folder or the variant is missing or cannot be read, a file has a
            name that no template has, or a template cannot be used. All faulty files are named.
    """
    own: dict[PromptTask, Template] = {}
    errors: list[ConfigurationError] = []
    places = [folder] if variant is None else [folder, _variant_folder(folder, variant)]
    for place in places:
        for file in _files(place, must_exist=must_exist):
            try:
                task = _task_of(file.relative_to(place), file)
                own[task] = read_template(task, _read(file), file)
            except ConfigurationError as error:
                errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        listed = "\n".join(f"{error.where}: {error.what}".rstrip() for error in errors)
        raise ConfigurationError(
            f"{len(errors)} files cannot be used:\n{listed}\n",
            where=str(folder),
            remedy=errors[0].remedy,
        )
    return PromptSet({task: bundled_prompts().template(task) for task in PROMPT_TASKS} | own)


def variants(folder: Path) -> list[str]:
    """Return the names of the variants in a folder of templates, in alphabetical order."""
    if not folder.is_dir():
        return []
    inside = (one for one in folder.iterdir() if one.is_dir() and one.name not in PART_FOLDERS)
    return sorted(one.name for one in inside if not one.name.startswith((".", "_")))


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one template when the bundled ones were copied.

    Attributes:
        file: The project's file.
        outcome: `written`; or `same` or `differs`, where a file was there and stays.
    """

    file: Path
    outcome: Literal["written", "same", "differs"]


def copy_bundled(folder: Path) -> list[Copied]:
    """Copy the bundled templates into a folder; files that are there stay as they are.

    Raises:
        StorageError: The folder or a file cannot be written.
    """
    try:
        for part in PART_FOLDERS:
            (folder / part).mkdir(parents=True, exist_ok=True)
        return [_copy(folder / f"{task}{SUFFIX}", bundled_file(task)) for task in PROMPT_TASKS]
    except OSError as error:
        raise StorageError(
            f"the templates cannot be written: {error.strerror}.",
            where=str(error.filename or folder),
            remedy="Choose another folder with prompts.folder, or correct the permissions.",
        ) from error


def changes(folder: Path) -> dict[PromptTask, str]:
    """Return what a project's files change of the bundled ones, as unified diffs by task.

    A file that cannot be used is compared as well; equal and missing ones are left out.

    Raises:
        ConfigurationError: A file cannot be read.
    """
    found: dict[PromptTask, str] = {}
    for task in PROMPT_TASKS:
        file = folder / f"{task}{SUFFIX}"
        if not file.exists():
            continue
        own = _read(file).decode("utf-8", "replace").splitlines()
        bundled = bundled_file(task).decode().splitlines()
        lines = unified_diff(bundled, own, f"bundled {task}{SUFFIX}", str(file), lineterm="")
        if diff := "\n".join(lines):
            found[task] = diff
    return found


def _copy(file: Path, data: bytes) -> Copied:
    if write_new(file, data):
        return Copied(file, "written")
    return Copied(file, "same" if file.read_bytes() == data else "differs")


def _variant_folder(folder: Path, variant: str) -> Path:
    """Return the folder of a variant.

    Raises:
        ConfigurationError: There is none of this name.
    """
    known = variants(folder)
    if variant in known:
        return folder / variant
    listed = ", ".join(known) or "none"
    raise ConfigurationError(
        f"there is no variant {variant!r} of the prompts; known here: {listed}.",
        where=str(folder),
        remedy="A variant is a folder in it that holds the templates which differ, such as"
        f" {folder / (variant if variant.isidentifier() else 'short') / 'summary.txt'}.",
    )


def _files(folder: Path, *, must_exist: bool) -> list[Path]:
    parts = [part for name in PART_FOLDERS if (part := folder / name).exists()]
    try:
        inside = [*folder.iterdir(), *(one for part in parts for one in part.iterdir())]
        return sorted(one for one in inside if one.suffix.casefold() == SUFFIX)
    except FileNotFoundError as error:
        if not must_exist:
            return []
        raise ConfigurationError(
            "there is no such folder of prompt templates.",
            where=str(folder),
            remedy="Make it with `relgen prompts init`, or correct its name.",
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"the folder of prompt templates cannot be read: {error.strerror}.", where=str(folder)
        ) from error


def _task_of(path: Path, file: Path) -> PromptTask:
    """Return the template that a path below the folder of templates stands for."""
    for task in PROMPT_TASKS:
        if path.as_posix() == f"{task}{SUFFIX}":
            return task
    names = [f"{task}{SUFFIX}" for task in PROMPT_TASKS]
    misplaced = [name for name in names if Path(name).name == path.name]
    close = misplaced or get_close_matches(path.as_posix().casefold(), names, n=1)
    meant = f"Did you mean {close[0]}?" if close else f"Templates are {', '.join(names)}."
    raise ConfigurationError(
        "no prompt template has this name.",
        where=str(file),
        remedy=f"{meant} Rename the file, or give notes another ending than {SUFFIX}.",
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the prompt template cannot be read: {error.strerror}.", where=str(file)
        ) from error
