"""The section `[publishing]`: where releases are published."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from relgen_assets.settings.section import Section

_NAME: Final = re.compile(r"[A-Za-z0-9_][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)


def repository_name(given: str) -> str:
    """Return the name of a repository of the Hub, if it is one.

    Args:
        given: What somebody wrote.

    Raises:
        ValueError: It is no name with its owner.
    """
    unfit = "--" in given or ".." in given or given.endswith((".git", ".", "-"))
    if not _NAME.fullmatch(given) or unfit:
        raise ValueError("a repository has the name of its owner before its own: owner/name")
    return given


class PublishingSettings(Section):
    """Where releases are published on the Hugging Face Hub; the token is never a setting."""

    repo: Annotated[str, AfterValidator(repository_name)] | None = Field(
        None,
        description="Dataset repository, `owner/name`. With it the graph has the asset"
        " `published_dataset`.",
    )
    private: bool = Field(
        True, description="Make the repository private, and refuse to publish to a public one."
    )
