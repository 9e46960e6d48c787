"""The student as a GGUF file, by llama.cpp's own converter.

The package `gguf` reads and writes such files but has no converter. `convert_hf_to_gguf.py` comes
with llama.cpp's sources, and these with the source package of llama-cpp-python.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from shutil import which
from typing import Final, Literal

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.training.folder import StudentFolder
from resources import storage

GgufType = Literal["q8_0", "f16", "bf16", "f32"]
"""How the weights are stored. Smaller ones are made by llama.cpp's `llama-quantize`."""

SCRIPT: Final = "convert_hf_to_gguf.py"
_IN_SOURCES: Final = "llama_cpp_python-*/vendor/llama.cpp"
_LAST_LINES: Final = 5
_PACKAGE: Final = "llama-cpp-python"


def find_converter(named: Path | None, folder: Path) -> Path:
    """Return the converter.

    Args:
        named: The script, or a folder of llama.cpp's sources; by default it is looked for.
        folder: Where the sources of llama-cpp-python may have been unpacked.

    Raises:
        ConfigurationError: It is not there; the message says how to get it.
    """
    if named is not None:
        script = named / SCRIPT if named.is_dir() else named
        if script.is_file():
            return script
        raise ConfigurationError(
            f"there is no {SCRIPT}.", where=str(named), remedy=_how_to_get_it()
        )
    on_path = which(SCRIPT)
    found = [Path(on_path)] if on_path else sorted(folder.glob(f"{_IN_SOURCES}/{SCRIPT}"))
    if not found:
        raise ConfigurationError(
            "llama.cpp's converter is not here.", where=SCRIPT, remedy=_how_to_get_it()
        )
    return found[-1]


def conversion(converter: Path, model: Path, file: Path, kind: GgufType) -> list[str]:
    """Return the command that converts a model."""
    options = ["--outfile", str(file), "--outtype", kind]
    return [sys.executable, str(converter), str(model), *options]


def to_gguf(folder: StudentFolder, converter: Path, kind: GgufType) -> Path:
    """Convert a student; return its file, which appears as a whole.

    Raises:
        ConfigurationError: The folder holds no finished student.
        StorageError: The converter failed; the message quotes the end of what it said.
    """
    if not folder.finished:
        raise ConfigurationError(
            "there is no finished student in this folder.",
            where=str(folder.root),
            remedy="Train it first: relgen train MODEL. A training that was stopped goes on.",
        )
    file = folder.root / f"{folder.root.resolve().name}-{kind}.gguf"
    staging = file.with_name(f".{file.name}")
    command = conversion(converter, folder.model, staging, kind)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode or not staging.is_file():
            raise StorageError(
                f"the converter failed: {_end_of(done.stderr.splitlines())}",
                where=str(converter),
                remedy="Take the converter of a llama.cpp that knows this model.",
            )
        staging.replace(file)
    except OSError as error:
        raise storage.storage_error("the file cannot be written", str(file), error) from error
    finally:
        staging.unlink(missing_ok=True)
    return file


def _end_of(lines: Sequence[str]) -> str:
    return " / ".join(line.strip() for line in lines[-_LAST_LINES:]) or "it said nothing."


def _how_to_get_it() -> str:
    try:
        version = metadata.version(_PACKAGE)
    except metadata.PackageNotFoundError:
        version = ""
    wanted = f"{_PACKAGE}=={version}" if version else _PACKAGE
    return (
        f"It comes with llama.cpp's sources: pip download --no-deps --no-binary {_PACKAGE} {wanted}"
        f" && tar xzf llama_cpp_python-*.tar.gz; or name yours: --converter llama.cpp/{SCRIPT}"
    )
