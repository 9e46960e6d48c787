"""The sections `[ledger]` and `[storage]`: where everything is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_serializer

from relgen_assets.settings.section import Section
from resources.generation_ledger.options import LedgerOptions
from resources.path_settings import LeadsTo
from resources.storage import shown

STATE_FOLDER = ".relgen"
"""Default folder of the project's state: ledger, logs, counts, Dagster's storage."""


class LedgerSettings(LedgerOptions):
    """Where completed generations are kept."""

    url: Annotated[str, LeadsTo.database] = Field(
        default=f"sqlite:///{STATE_FOLDER}/ledger.db",
        description=LedgerOptions.model_fields["url"].description,
    )

    @field_serializer("url")
    def _url_as_shown(self, url: str) -> str:
        return shown(url)  # opening the ledger refuses a URL with a password


class StorageSettings(Section):
    """Where tables and the dataset are written; any fsspec URL."""

    data: Annotated[str, LeadsTo.place] = Field(
        "data", min_length=1, description="Folder of the intermediate tables."
    )
    dataset: Annotated[str, LeadsTo.place] = Field(
        "dataset", min_length=1, description="Folder of the finished dataset."
    )
    releases: Annotated[str, LeadsTo.place] = Field(
        "releases", min_length=1, description="Local folder of the releases of the dataset."
    )
    state: Annotated[str, LeadsTo.place] = Field(
        STATE_FOLDER, min_length=1, description="Local folder for logs and counts."
    )
