"""The model that is trained: where it comes from, its shape, its tokenizer and its weights.

A base is a folder as transformers saves it, a name on the Hugging Face Hub, or a GGUF file, whose
weights are unpacked to 32 bits. Training starts from such a copy, so that a model which exists as a
GGUF file only can be taught as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.memory import Shape
from relgen_assets.training.recipes import Recipe
from relgen_assets.training.rows import Pair, Rows

_GGUF: Final = ".gguf"


@dataclass(frozen=True, slots=True)
class Base:
    """A model before it is taught.

    Attributes:
        name: What it is called: a name on the Hub, or that of its file or folder.
        source: Folder or name on the Hub, as transformers takes it.
        gguf_file: The file in that folder, for a GGUF file.
        tokenizer: Its tokenizer.
        config: Its configuration.
        shape: What decides on its memory.
    """

    name: str
    source: str
    gguf_file: str | None
    tokenizer: Any
    config: Any
    shape: Shape

    def length(self, row: Pair) -> int:
        """Return the tokens of a row, as the trainer reads it."""
        if isinstance(row["prompt"], str):
            return len(self.tokenizer(row["prompt"] + row["completion"]).input_ids) + 1
        turns = [*row["prompt"], *row["completion"]]
        return len(self.tokenizer.apply_chat_template(turns, return_dict=False))

    def check_form(self, rows: Rows) -> None:
        """Check that the tokenizer can write out these rows.

        Raises:
            ConfigurationError: They are messages, and it has no chat template.
        """
        if rows.is_conversational and not self.tokenizer.chat_template:
            raise ConfigurationError(
                "the rows are chat messages, and the tokenizer of this model has no chat template.",
                where=self.source,
                remedy="Train the instruct model of the family, or make rows of plain text:"
                ' dataset.prompt_completion = "plain", then relgen run.',
            )


def open_base(named: str) -> Base:
    """Return a model without its weights.

    Args:
        named: A folder, a GGUF file, or a name on the Hugging Face Hub.

    Raises:
        ConfigurationError: There is no such model, or it is none that writes text.
    """
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()  # a progress of our own is shown
    source, gguf_file = _source(named)
    with _explained(named):
        found = {"gguf_file": gguf_file} if gguf_file else {}
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, **found)
        config = transformers.AutoConfig.from_pretrained(source, **found)
        with torch.device("meta"):  # shapes without numbers
            parameters = transformers.AutoModelForCausalLM.from_config(config).num_parameters()
        text = config.get_text_config()
        shape = Shape(
            parameters=parameters,
            layers=text.num_hidden_layers,
            width=text.hidden_size,
            inner=text.intermediate_size,
            words=text.vocab_size,
            context=text.max_position_embeddings,
        )
    name = Path(named).name if Path(named).exists() else named
    return Base(name, source, gguf_file, tokenizer, config, shape)


def load_weights(base: Base, recipe: Recipe) -> Any:
    """Return the model with its weights, ready to learn.

    What learns has 32 bits, since small steps vanish in fewer; weights that stay as they are may
    have 16.

    Raises:
        ConfigurationError: The weights cannot be read.
    """
    import torch
    import transformers

    kept_in_half = recipe.half and recipe.method == "lora"
    precision = torch.bfloat16 if kept_in_half else torch.float32
    with _explained(base.source):
        found = {"gguf_file": base.gguf_file} if base.gguf_file else {}
        model = transformers.AutoModelForCausalLM.from_pretrained(
            base.source, dtype=precision, **found
        )
        if base.gguf_file:
            model = _unmarked(model)
    return model


def _unmarked(model: Any) -> Any:
    """Return a copy that is not marked as quantised: its numbers are whole, and it may learn."""
    import transformers

    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    copy = transformers.AutoModelForCausalLM.from_config(config, dtype=model.dtype)
    copy.load_state_dict(model.state_dict())
    copy.generation_config = model.generation_config
    return copy


def _source(named: str) -> tuple[str, str | None]:
    path = Path(named)
    if path.suffix == _GGUF:
        if not path.is_file():
            raise ConfigurationError(
                "there is no such GGUF file.", where=named, remedy="Correct the path."
            )
        return str(path.parent.absolute()), path.name
    is_path = path.is_absolute() or named.startswith((f".{os.sep}", f"..{os.sep}"))
    if is_path and not path.is_dir():
        raise ConfigurationError(
            "there is no such folder.", where=named, remedy="Name the folder of a model."
        )
    return str(path.absolute()) if path.is_dir() else named, None


@contextmanager
def _explained(named: str) -> Iterator[None]:
    """Say of what transformers raises which model it is about."""
    try:
        yield
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError) as error:
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise ConfigurationError(
            f"this model cannot be loaded: {first.rstrip('.')}.",
            where=named,
            remedy="Name a folder that transformers can load, a GGUF file of such a model, or a"
            " model on the Hugging Face Hub that you have access to.",
        ) from error
