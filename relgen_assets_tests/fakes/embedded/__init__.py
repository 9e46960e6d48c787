"""A stand-in for the packages of the embedded server, for commands that would run a real model.

With this folder on `PYTHONPATH`, processes find a `llama_cpp` whose server is the fake one: real
HTTP, no model. `install` adds the wheel of the model, so that none has to be installed.
"""

from __future__ import annotations

from pathlib import Path

from resources.llama_server_pool.embedded.model import MODEL_WHEEL

PACKAGES = Path(__file__).parent


def install(folder: Path) -> None:
    """Write the model's wheel, as pip would have installed it, into a folder of `PYTHONPATH`."""
    package = MODEL_WHEEL.replace("-", "_")
    model = folder / package / "Fake-135M.Q4_1.gguf"
    information = folder / f"{package}-1.0.dist-info"
    model.parent.mkdir(parents=True)
    information.mkdir()
    model.write_bytes(b"GGUF")
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {MODEL_WHEEL}\nVersion: 1.0\n", encoding="utf-8"
    )
    (information / "RECORD").write_text(
        f"{model.relative_to(folder)},,\n{information.name}/METADATA,,\n", encoding="utf-8"
    )
