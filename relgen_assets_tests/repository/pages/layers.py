"""The layers in `docs/architecture.md`, made from the import contracts and the wings' docstrings.

    python -m relgen_assets_tests.repository.pages

rewrites the part between the two markers and leaves the rest of the document alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from relgen_assets_tests.repository.tree import ROOT, contracts, docstring, members

DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- made by `python -m relgen_assets_tests.repository.pages` -->\n"
END = "<!-- end of what is made -->\n"


def architecture_page() -> str:
    """Return `docs/architecture.md` with its layers made anew."""
    return with_layers(DOCUMENT.read_text(encoding="utf-8"))


def with_layers(document: str) -> str:
    """Return the document with its part between the markers made anew.

    Raises:
        ValueError: The document does not hold both markers, in this order.
    """
    before, found, rest = document.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError("docs/architecture.md has lost a marker of its layers")
    return before + BEGIN + "\n" + "\n".join(_tables()) + "\n" + END + after


def _tables() -> Iterator[str]:
    """Yield the lines of one table for each contract that orders the members of a package."""
    for contract in contracts().values():
        for container in contract.get("containers", ()):
            yield f"**`{container}`**\n"
            yield "| layer | where | what belongs there |"
            yield "|---|---|---|"
            layers: list[str] = contract["layers"]
            for number, layer in zip(range(len(layers), 0, -1), layers, strict=True):
                for member in members(container, layer):
                    name = member.rpartition(".")[2]
                    summary = docstring(member).partition("\n\n")[0]
                    yield f"| {number} | `{name}` | {summary.replace(chr(10), ' ')} |"
            yield ""
