"""How many tokens texts have for the model that will be trained, by its own tokenizer.

The tokenizer of chunking is in `tokenizer`; it is the default here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.text.tokenizer import Tokenizer

_FILES: Final = ("tokenizer.json", "tokenizer.model")
"""What the tokenizer of a downloaded model is called, best first."""
_REMEDY: Final = (
    "Name the `tokenizer.json` of a Hugging Face model, a SentencePiece `.model` file, or a folder"
    " with one of them."
)


class TokenCounter(Protocol):
    """Counts tokens."""

    def counts(self, texts: list[str], /) -> Sequence[int]:
        """Return the number of tokens of each text, without marks of begin and end."""
        ...


class HuggingFaceTokenizer:
    """A tokenizer of the library `tokenizers`.

    Args:
        path: Its `tokenizer.json`.

    Raises:
        ConfigurationError: The file is not such a tokenizer.
    """

    def __init__(self, path: Path) -> None:
        # Takes a tenth of a second, and most projects need none.
        from tokenizers import Tokenizer as Fast

        try:
            self._tokenizer: Any = Fast.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare exceptions
            raise ConfigurationError(
                f"the file is not a tokenizer of Hugging Face: {error}.",
                where=str(path),
                remedy=_REMEDY,
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def counts(self, texts: list[str], /) -> list[int]:
        """Return the number of tokens of each text, without marks of begin and end."""
        return [
            len(one.ids) for one in self._tokenizer.encode_batch(texts, add_special_tokens=False)
        ]


def open_counter(path: Path) -> TokenCounter:
    """Return the tokenizer in a file or a folder.

    Args:
        path: A `tokenizer.json`, a SentencePiece model, or a folder that holds one of them.

    Raises:
        ConfigurationError: It does not exist, or is not a tokenizer.
    """
    if path.is_dir():
        found = next((path / name for name in _FILES if (path / name).is_file()), None)
        if found is None:
            raise ConfigurationError(
                "the folder holds no tokenizer.", where=str(path), remedy=_REMEDY
            )
        path = found
    if not path.is_file():
        raise ConfigurationError("the tokenizer does not exist.", where=str(path), remedy=_REMEDY)
    if path.suffix.casefold() == ".json":
        return HuggingFaceTokenizer(path)
    return Tokenizer(path)
