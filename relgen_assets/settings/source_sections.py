"""The section `[source]`: where articles come from, with one class for each kind.

Reading them belongs to `relgen_assets.sources`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

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
    """Names of the columns of a table of articles."""

    article: str = Field("article", description="Full text.")
    abstract: str = Field("abstract", description="Abstract.")
    section_names: str = Field("section_names", description="Names of the sections.")
    title: str = Field("title", description="Title; the column may be missing.")
    id: str | None = Field(None, description="Id of an article; by default a content hash.")


class FilesSource(ArticleSection):
    """JSONL, JSON, CSV or parquet files, or a folder of them, on any fsspec path."""

    kind: Literal["files"] = Field(description="Your own articles.")
    name: str = Field("papers", pattern=_SLUG, description="Prefix of the partition keys.")
    path: Annotated[str, LeadsTo.place] = Field(
        min_length=1, description="File or folder; any fsspec URL."
    )
    columns: Columns = Field(default_factory=Columns, description="Names of the columns.")
    articles: int | None = Field(
        None, ge=1, description="Use only this many articles, from the first."
    )


class WikipediaColumns(BibliographyColumns):
    """Names of the columns of a table of encyclopedia articles."""

    text: str = Field("text", description="Full text, with headings.")
    title: str = Field("title", description="Title.")
    id: str | None = Field("id", description="Id of an article; null: a content hash.")


class WikipediaSource(ArticleSection):
    """Files of encyclopedia articles; their lead and headings replace abstract and sections."""

    kind: Literal["wikipedia"] = Field(description="Articles of an encyclopedia.")
    name: str = Field("wikipedia", pattern=_SLUG, description="Prefix of the partition keys.")
    path: Annotated[str, LeadsTo.place] = Field(
        min_length=1, description="File or folder; any fsspec URL."
    )
    columns: WikipediaColumns = Field(
        default_factory=WikipediaColumns, description="Names of the columns."
    )
    articles: int | None = Field(
        None, ge=1, description="Use only this many articles, from the first."
    )


SourceSettings = Annotated[
    SampleSource | ScientificPapersSource | FilesSource | WikipediaSource,
    Field(discriminator="kind"),
]
