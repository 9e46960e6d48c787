"""A SentencePiece model, as chunking needs it: counts, offsets, and whether words are independent.

Where to cut belongs to `chunking`. The tokenizers of the language models stay on their servers.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sentencepiece import SentencePieceProcessor

from relgen_assets.domain_errors import ConfigurationError

COUNTS_KEPT = 32
"""The constant messages of a prompt are counted with every request, so their counts are kept."""
_SPACE_MARK = "▁"
_REMEDY = (
    "Set chunking.tokenizer to a SentencePiece `.model` file, or leave it out to use the one "
    "of the installed package mistral-common."
)


def default_model() -> Path:
    """Return the SentencePiece v1 model inside the installed `mistral-common` package.

    Does not import the package, which would take seconds.

    Raises:
        ConfigurationError: The package is not installed or no longer ships the model.
    """
    spec = importlib.util.find_spec("mistral_common")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "tokenizer.model.v1"
        if path.is_file():
            return path
    raise ConfigurationError(
        "the default SentencePiece model is missing from the package mistral-common.",
        where="chunking.tokenizer",
        remedy="Install `mistral-common>=1.9`, or set chunking.tokenizer to a `.model` file.",
    )


class Tokenizer:
    """A loaded SentencePiece model.

    Args:
        path: A SentencePiece `.model` file, e.g. the one of a LLaMA or Mistral release.

    Raises:
        ConfigurationError: The file is missing or not a SentencePiece model.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ConfigurationError(
                "the tokenizer model does not exist.", where=str(path), remedy=_REMEDY
            )
        try:
            self._processor: Any = SentencePieceProcessor(model_file=str(path))
        except (RuntimeError, OSError) as error:
            raise ConfigurationError(
                "the file is not a SentencePiece model.", where=str(path), remedy=_REMEDY
            ) from error
        self._counted = lru_cache(COUNTS_KEPT)(self._encoded_length)

    def count(self, text: str) -> int:
        """Return the number of SentencePiece tokens of `text`, without begin and end marks."""
        return self._counted(text)

    def _encoded_length(self, text: str) -> int:
        return len(self._processor.encode(text, return_type=int))

    def counts(self, texts: list[str]) -> list[int]:
        """Return the number of tokens of each text."""
        return [len(ids) for ids in self._processor.encode(texts, return_type=int, num_threads=1)]

    def token_ends(self, text: str) -> list[int]:
        """Return, for each token, the offset in `text` after its last character.

        Offsets count Unicode characters. Byte tokens of one character share an offset.
        """
        mapping = self._processor.encode(text, return_type="offset_mapping")
        return [end for _, end in mapping["offsets"]]

    @cached_property
    def words_are_independent(self) -> bool:
        """Whether a text's tokens are those of its words, one word after the other.

        A word is a run of non-spaces with the spaces before it. This holds, exactly, when

        - no piece has a space after a non-space, so that no token reaches into the next word;
        - the normaliser only adds one space in front and writes spaces as `▁` (checked for each
          character of the basic multilingual plane), so that a word encoded alone looks the same
          as inside the text;
        - all scores are whole numbers, as in byte-pair models. A unigram model adds up real
          numbers over the text, whose rounding may break ties differently in a longer text.

        It holds for the models of LLaMA 1 and 2 and of Mistral.
        """
        model = self._processor
        ids = range(len(model))
        pieces = (model.id_to_piece(i) for i in ids if not model.is_control(i))
        reaches_over = re.compile(f"[^ {_SPACE_MARK}][ {_SPACE_MARK}]")
        plane = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000)]))
        probe = f" a  b {plane} "
        return (
            not any(reaches_over.search(piece) for piece in pieces)
            and model.normalize(probe) == _SPACE_MARK + probe.replace(" ", _SPACE_MARK)
            and all(float(model.get_score(i)).is_integer() for i in ids)
        )
