"""The documents that the commands about releases print with `--json`."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.cli.document import Document


class ReleaseDocument(Document):
    """What `relgen release --json` prints."""

    folder: str = Field(description="Folder of the release.")
    digest: str = Field(description="SHA-256 of what it holds; the same rows have the same.")
    is_new: bool = Field(
        description="Whether it was made now; otherwise the same release was there already."
    )
    every_row: bool = Field(description="Whether it may hold rows that may not be published.")
    batches: list[str] = Field(description="Batches whose rows it holds.")
    rows: dict[str, dict[str, int]] = Field(description="Rows by config and split.")
    left_out: dict[str, int] = Field(
        description="Rows of the dataset that may not be published and are not in it, by reason."
    )
    files: int = Field(description="Files, without the manifest.")
    size_bytes: int = Field(description="Their size.")


class VerifyDocument(Document):
    """What `relgen verify --json` prints."""

    folder: str = Field(description="Folder of the release.")
    digest: str = Field(description="SHA-256 of what it should hold.")
    is_intact: bool = Field(description="Whether every file is as it was written.")
    files: int = Field(description="Files that the manifest names.")
    missing: list[str] = Field(description="Files that are not there.")
    added: list[str] = Field(description="Files that the manifest does not name.")
    changed: dict[str, str] = Field(description="Files with other bytes, and what is wrong.")
    miscounted: dict[str, str] = Field(
        description="Configs and splits with another number of rows than the manifest says."
    )


class RebuildDocument(Document):
    """What `relgen rebuild --json` prints."""

    release: ReleaseDocument = Field(description="The release that was made.")
    original: str | None = Field(description="The release it was compared with.")
    is_same: bool | None = Field(description="Whether both are the same, byte for byte.")
    different: list[str] = Field(description="Files that differ, or that only one of them has.")


class PublishDocument(Document):
    """What `relgen publish --json` prints."""

    repository: str = Field(description="Name of the repository, with its owner.")
    url: str = Field(description="Its address.")
    private: bool = Field(description="Whether it is private, or would be made so.")
    is_new: bool = Field(description="Whether there was none before that the token may see.")
    release: str = Field(description="Folder of the release.")
    digest: str = Field(description="SHA-256 of what the release holds.")
    dry_run: bool = Field(description="Whether this only says what would change.")
    commit: str | None = Field(
        description="The commit that holds the release; null with `--dry-run`."
    )
    files: dict[str, list[str]] = Field(
        description="Paths by what happens to them: `added`, `replaced`, `removed`, `unchanged`."
    )
    sizes: dict[str, int] = Field(description="Bytes by what happens to them.")
