"""The section `[source]`: where articles come from, with one class for each kind.

Reading them belongs to `relgen_assets.sources`.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from relgen_assets.settings.section import Section
from resources.path_settings import LeadsTo

_SLUG = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"


class ArticleSection(Section):
    """What every source has."""

    licence: str = Field(
        "",
        description="Licence of articles that name none, such as `cc-by-4.0`; empty: not known.",
    )


class BibliographyColumns(Section):
    """Names of the columns that tell who wrote an article and what it allows; none has to exist."""

    licence: str | None = Field(
        None, description="Licence of the article; by default `licence` or `license`."
    )
    doi: str = Field("doi", description="DOI, bare or as an address.")
    url: str = Field("url", description="Address of the article.")
    authors: str = Field("authors", description="Authors: a list, or text with `;` between them.")
    year: str = Field("year", description="Year or date of publication.")


class SampleSource(ArticleSection):
    """The articles that come with the project."""

    kind: Literal["sample"] = Field("sample", description="The bundled articles.")
    name: str = Field("sample", pattern=_SLUG, description="Prefix of the partition keys.")


class ScientificPapersSource(ArticleSection):
    """Hugging Face's `scientific_papers`, from the hub or from a local parquet copy."""

    kind: Literal["scientific_papers"] = Field(description="Articles of arXiv or PubMed.")
    name: str = Field("", pattern=r"^$|" + _SLUG, description="Prefix of the partition keys.")
    dataset: Annotated[str, LeadsTo.dataset] = Field(
        "armanc/scientific_papers", description="Dataset id, or a local folder."
    )
    config: Literal["arxiv", "pubmed"] = Field(
        "arxiv", description="Which of its two configs to read."
    )
    revision: str = Field("refs/convert/parquet", description="Revision that holds parquet files.")
    split: Literal["train", "validation", "test"] = Field(
        "train", description="Which of its splits to read."
    )
    articles: int = Field(10_000, ge=1, description="Use only this many articles, from the first.")

    @model_validator(mode="after")
    def _default_name(self) -> ScientificPapersSource:
        self.name = self.name or self.config
        return self


class Columns(BibliographyColumns):
    """Names of the columns of a table of articles, or paths into them, such as `doc.abstract`."""

    article: str = Field("article", description="Full text.")
    abstract: str = Field("abstract", description="Abstract.")
    section_names: str = Field("section_names", description="Names of the sections.")
    title: str = Field("title", description="Title; the column may be missing.")
    id: str | None = Field(None, description="Id of an article; by default a content hash.")


class TableSection(Section):
    """The form of CSV and TSV files; what is not set is found out."""

    separator: str | None = Field(
        None, min_length=1, max_length=1, description="Character between cells."
    )
    quoting: Literal["auto", "double", "none"] = Field(
        "auto",
        description="`double`: cells may stand in double quotes; `none`: quotes are characters like"
        " any other.",
    )
    encoding: str | None = Field(None, description="Such as `cp1252`; by default UTF-8.")

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        try:
            codecs.lookup(value or "utf-8")
        except LookupError as error:
            raise ValueError(f"there is no encoding {value!r}") from error
        return value


class FolderSection(ArticleSection):
    """What every source of files has."""

    path: Annotated[str, LeadsTo.place] = Field(
        min_length=1, description="File or folder; any fsspec URL."
    )
    include: list[str] = Field(
        default_factory=list[str],
        description="Patterns such as `2024/**/*.jsonl`; other files of the folder are left out.",
    )
    exclude: list[str] = Field(
        default_factory=list[str], description="Patterns of files that are left out."
    )
    articles: int | None = Field(
        None, ge=1, description="Use only this many articles, from the first."
    )


class FilesSource(FolderSection):
    """JSONL, JSON, CSV or parquet files, or a folder of them, on any fsspec path."""

    kind: Literal["files"] = Field(description="Your own articles.")
    name: str = Field("papers", pattern=_SLUG, description="Prefix of the partition keys.")
    columns: Columns = Field(default_factory=Columns, description="Names of the columns.")
    table: TableSection = Field(default_factory=TableSection, description="Form of CSV and TSV.")


class DocumentsSource(FolderSection):
    """Folders in which each file is one article."""

    kind: Literal["documents"] = Field(
        description="Plain text, Markdown, JSON of S2ORC or CORD-19, XML of JATS; one a file."
    )
    name: str = Field("documents", pattern=_SLUG, description="Prefix of the partition keys.")


class WikipediaColumns(BibliographyColumns):
    """Names of the columns of a table of encyclopedia articles."""

    text: str = Field("text", description="Full text, with headings.")
    title: str = Field("title", description="Title.")
    id: str | None = Field("id", description="Id of an article; null: a content hash.")


class WikipediaSource(FolderSection):
    """Files of encyclopedia articles; their lead and headings replace abstract and sections."""

    kind: Literal["wikipedia"] = Field(description="Articles of an encyclopedia.")
    name: str = Field("wikipedia", pattern=_SLUG, description="Prefix of the partition keys.")
    columns: WikipediaColumns = Field(
        default_factory=WikipediaColumns, description="Names of the columns."
    )
    table: TableSection = Field(default_factory=TableSection, description="Form of CSV and TSV.")


SourceSettings = Annotated[
    SampleSource | ScientificPapersSource | FilesSource | DocumentsSource | WikipediaSource,
    Field(discriminator="kind"),
]
