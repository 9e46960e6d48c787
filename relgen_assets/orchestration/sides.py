"""A side of a comparison: the project's settings and prompts with what a person wants to try.

A side is named as `now`, as a settings file, as one name (a variant of the prompts or an endpoint),
or as values such as `extractions.mode=quote,endpoint=board-0`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import PromptSet
from relgen_assets.prompts.folder import variants
from relgen_assets.settings import Settings
from relgen_assets.settings.changes import with_changes
from relgen_assets.settings.places import from_here
from resources.llama_server_pool.endpoint import Endpoint

NOW: Final = "now"
"""The settings of the project as they are."""
CHANGEABLE: Final = ("prompts", "summaries", "extractions", "judging", "pool")
"""Sections in which two sides may differ: articles and chunks have to be the same."""
_SHORT: Final = {
    "mode": "extractions.mode",
    "temperature": "extractions.temperature",
    "seed": "extractions.seed",
}
_CHOICES: Final = ("prompt", "endpoint", "model")

Changes = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Side:
    """One way to ask.

    Attributes:
        name: What the person called it.
    """

    name: str
    settings: Settings
    prompts: PromptSet


def side_of(spec: str, project: Project, origin: Path) -> Side:
    """Return the side that a person names.

    Args:
        spec: `now`, a settings file, a variant of the prompts, an endpoint, or values.
        project: The opened project.
        origin: The folder to which files are relative.

    Raises:
        ConfigurationError: Nothing has this name, a value is wrong, or the side changes what has to
            be the same on both.
    """
    settings = project.settings
    file = origin / spec
    if spec == NOW:
        changes: Changes = {}
    elif spec.endswith(".toml") or file.is_file():
        changes = _of_file(file, settings)
    elif "=" in spec:
        changes = _of_values(spec, settings, origin)
    else:
        changes = _of_name(spec, settings)
    return changed_side(spec, project, changes)


def changed_side(name: str, project: Project, changes: Mapping[str, Mapping[str, Any]]) -> Side:
    """Return a project with some of its settings replaced, and the prompts they name.

    Raises:
        ConfigurationError: A value is wrong, or a prompt cannot be used.
    """
    settings = _changed(project.settings, changes, name)
    same = settings.prompts == project.settings.prompts
    return Side(name, settings, project.prompts if same else Project(settings).prompts)


def prompt_changes(wanted: str, settings: Settings, origin: Path) -> Changes:
    """Return the changes that choose a variant of the prompts, or another folder of templates.

    Raises:
        ConfigurationError: There is neither.
    """
    known = variants(Path(settings.prompts.folder))
    if wanted in known:
        return {"prompts": {"variant": wanted}}
    if (origin / wanted).is_dir():
        return {"prompts": {"folder": str((origin / wanted).absolute()), "variant": None}}
    folder = from_here(settings.prompts.folder)
    raise ConfigurationError(
        "there is neither a variant of the prompts nor a folder of this name.",
        where=wanted,
        remedy=f"Variants in {folder} are: {', '.join(known) or 'none'}.",
    )


def endpoint_changes(
    settings: Settings, *, endpoint: str | None = None, model: str | None = None
) -> Changes:
    """Return the changes that leave one endpoint, those of one model, or a server by its URL.

    Raises:
        ConfigurationError: No endpoint has this name or can serve this model.
    """
    pool = settings.pool
    chosen = list(pool.endpoints)
    if endpoint is not None and "://" in endpoint:
        chosen = [Endpoint(name="chosen", url=endpoint)]
    elif endpoint is not None:
        chosen = [one for one in chosen if one.name == endpoint]
        if not chosen:
            known = ", ".join(one.name for one in pool.endpoints)
            raise ConfigurationError(
                "there is no such endpoint.",
                where=endpoint,
                remedy=f"Configured are: {known or 'none, the embedded model answers'}.",
            )
    changes: dict[str, Any] = {"endpoints": [one.model_dump() for one in chosen]}
    if model is not None:
        serving = [one for one in chosen if one.model in (None, model)]
        if not serving:
            known = ", ".join(dict.fromkeys(one.model or "" for one in chosen))
            raise ConfigurationError(
                "no endpoint serves this model.",
                where=model,
                remedy=f"They serve: {known or 'the embedded model'}.",
            )
        changes = {"endpoints": [one.model_dump() for one in serving], "model": model}
    return {"pool": changes}


def _of_name(name: str, settings: Settings) -> Changes:
    known = variants(Path(settings.prompts.folder))
    if name in known:
        return {"prompts": {"variant": name}}
    endpoints = [one.name for one in settings.pool.endpoints]
    if name in endpoints:
        return endpoint_changes(settings, endpoint=name)
    raise ConfigurationError(
        "this names no side of a comparison.",
        where=name,
        remedy="Give `now`, a settings file, values such as extractions.mode=quote, a variant of"
        f" the prompts ({', '.join(known) or 'there is none'}) or an endpoint"
        f" ({', '.join(endpoints) or 'there is none'}).",
    )


def _of_values(spec: str, settings: Settings, origin: Path) -> Changes:
    changes: Changes = {}
    chosen: dict[str, str] = {}
    for part in spec.split(","):
        key, found, text = part.partition("=")
        key = _SHORT.get(key.strip(), key.strip())
        section, _, name = key.partition(".")
        if key in _CHOICES and found:
            chosen[key] = text.strip()
        elif found and name:
            changes.setdefault(section, {})[name] = _value(text.strip())
        else:
            raise ConfigurationError(
                f"{part!r} is not a value of a setting.",
                where=spec,
                remedy="Write section.key=value, or one of"
                f" {', '.join([*_CHOICES, *_SHORT])} with a value; commas stand between them.",
            )
    _refuse_others(changes, settings, spec)
    if "prompt" in chosen:
        _add(changes, prompt_changes(chosen.pop("prompt"), settings, origin))
    if chosen:
        _add(changes, endpoint_changes(settings, **chosen))
    return changes


def _of_file(file: Path, settings: Settings) -> Changes:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(
            f"the settings file cannot be read: {error}.", where=str(file)
        ) from error
    sections = {name: one if isinstance(one, dict) else {} for name, one in values.items()}
    _refuse_others(sections, settings, str(file))
    return {name: one for name, one in sections.items() if name in CHANGEABLE}


def _changed(settings: Settings, changes: Mapping[str, Mapping[str, Any]], where: str) -> Settings:
    changed = with_changes(settings, changes, where=where)
    changed.locate_again()
    return changed


def _refuse_others(changes: Changes, settings: Settings, where: str) -> None:
    """Refuse changes outside the sections in which sides may differ; equal values are fine."""
    own = settings.model_dump(mode="json")
    for section, values in changes.items():
        if section in CHANGEABLE:
            continue
        differ = {key for key, value in values.items() if own.get(section, {}).get(key) != value}
        if differ and section in own:  # as they are written; they may be the same files
            same = _changed(settings, {section: values}, where).model_dump(mode="json")[section]
            differ = {key for key in differ if own[section].get(key) != same.get(key)}
        if differ or section not in own:
            raise ConfigurationError(
                f"a comparison cannot change {section}.{min(differ, default='')}: both sides need"
                " the same articles and chunks.",
                where=where,
                remedy=f"Sides may differ in {', '.join(CHANGEABLE)}.",
            )


def _add(changes: Changes, more: Changes) -> None:
    for section, values in more.items():
        changes.setdefault(section, {}).update(values)


def _value(text: str) -> Any:
    """Return a value as TOML writes it; a bare word is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
