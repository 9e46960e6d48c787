"""The folder of a student: what was ordered, checkpoints, losses, and the model at the end.

training.json   model, rows and recipe
checkpoints/    where a training that was stopped goes on
losses.json     the points of the plot
loss.png        the plot
model/          the finished student, as transformers loads it
*.gguf          the student for llama.cpp
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.training.recipes import Recipe
from resources import storage

_REMEDY = "Name another folder with --out, or begin anew in this one with --fresh."


class Order(BaseModel):
    """What a student is to be: the same order gives the same student, as far as devices allow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str
    rows: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class StudentFolder:
    """The places in a student's folder."""

    root: Path

    @property
    def order_file(self) -> Path:
        """What was ordered."""
        return self.root / "training.json"

    @property
    def checkpoints(self) -> Path:
        """Where a training that was stopped goes on."""
        return self.root / "checkpoints"

    @property
    def losses_file(self) -> Path:
        """The points of the plot."""
        return self.root / "losses.json"

    @property
    def plot_file(self) -> Path:
        """The plot of the losses."""
        return self.root / "loss.png"

    @property
    def model(self) -> Path:
        """The finished student."""
        return self.root / "model"

    @property
    def finished(self) -> bool:
        """Whether the student is there."""
        return self.model.is_dir()

    def begin(self, order: Order, *, fresh: bool = False) -> None:
        """Store what is ordered, unless the same was ordered before.

        Args:
            order: Model, rows and recipe.
            fresh: Remove what an earlier training left.

        Raises:
            ConfigurationError: Another training is in this folder.
            StorageError: The folder cannot be written.
        """
        if fresh:
            self._clear()
        known = self._known()
        if known is None:
            if self.checkpoints.exists() or self.finished:
                raise ConfigurationError(
                    "this folder holds a model, but not how it was trained.",
                    where=str(self.root),
                    remedy=_REMEDY,
                )
            storage.write_atomic(str(self.order_file), order.model_dump_json(indent=2).encode())
        elif known != order:
            raise ConfigurationError(
                f"this folder holds another training: {_difference(known, order)}.",
                where=str(self.root),
                remedy=_REMEDY,
            )

    def last_checkpoint(self) -> Path | None:
        """Return the checkpoint to go on from; `None` at the beginning.

        One that was being written when the process died lacks its last file, and is passed over.
        """
        found = [
            (int(number), one)
            for one in self.checkpoints.glob("checkpoint-*")
            if (number := one.name.rpartition("-")[2]).isdigit()
            and (one / "trainer_state.json").is_file()
        ]
        return max(found)[1] if found else None

    @contextmanager
    def finishing(self) -> Iterator[Path]:
        """Yield a folder to write the model to, which becomes the student as a whole.

        Raises:
            StorageError: It cannot be written.
        """
        staging = self.root / ".model"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            yield staging
            staging.rename(self.model)
        except OSError as error:
            raise storage.storage_error(
                "the student cannot be written", str(self.model), error
            ) from error

    def _known(self) -> Order | None:
        if not self.order_file.is_file():
            return None
        try:
            return Order.model_validate_json(storage.read_bytes(str(self.order_file)))
        except ValidationError as error:
            raise ConfigurationError(
                "this file does not say how a model was trained.",
                where=str(self.order_file),
                remedy=_REMEDY,
            ) from error

    def _clear(self) -> None:
        try:
            for folder in (self.checkpoints, self.model):
                if folder.exists():
                    shutil.rmtree(folder)
            for file in (self.order_file, self.losses_file, self.plot_file):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"an earlier training cannot be removed: {error.strerror or error}.",
                where=str(error.filename or self.root),
                remedy="Correct the permissions, or name another folder with --out.",
            ) from error


def _difference(known: Order, order: Order) -> str:
    """Return the first thing that differs, in words."""
    before = {"model": known.base, "rows": known.rows, **known.recipe.model_dump()}
    after = {"model": order.base, "rows": order.rows, **order.recipe.model_dump()}
    name = next(one for one in before if before[one] != after[one])
    if name == "rows":
        return "of other rows"
    return f"its {name.replace('_', ' ')} is {before[name]}, not {after[name]}"
