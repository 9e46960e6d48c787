"""The documents about what is there before a run: the findings of `doctor`, the prompts in use."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.cli.document import Document


class FindingPart(Document):
    """The answer to one question."""

    name: str = Field(description="What was looked at, in a word or two.")
    level: str = Field(description="`ok`, `warn` or `fail`: a run would fail.")
    found: str = Field(description="What was found.")
    remedy: str = Field(description="What to do about it; empty if nothing.")


class DoctorDocument(Document):
    """What `relgen doctor --json` prints."""

    ok: bool = Field(description="Whether nothing was found that would make a run fail.")
    checks: list[FindingPart] = Field(description="What was found, in the order of the questions.")


class PromptPart(Document):
    """A prompt template in use."""

    template: str = Field(description="Name of the template.")
    version: str = Field(description="Hash of its text, as stored with every row.")
    file: str | None = Field(description="The project's file; `null` if it is bundled.")
    changed: bool = Field(description="Whether it differs from the bundled one.")
    purpose: str = Field(description="When it is used.")


class PromptsDocument(Document):
    """What `relgen prompts list --json` prints."""

    prompts: list[PromptPart] = Field(description="Every template.")
