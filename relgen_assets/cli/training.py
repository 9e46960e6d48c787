"""The work of `relgen train`: teaches a model, converts it, and says how to serve it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from relgen_assets.cli.layout import print_facts, say, say_below, write
from relgen_assets.cli.progress import loading, shown_progress
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.extra import require_libraries
from relgen_assets.training.folder import StudentFolder
from relgen_assets.training.gguf import GgufType, find_converter, to_gguf
from relgen_assets.training.lessons import Lesson, lesson_of
from relgen_assets.training.losses import Losses
from relgen_assets.training.memory import GB
from relgen_assets.training.models import open_base
from relgen_assets.training.rows import read_rows
from relgen_assets.training.serving import endpoint_block, evaluation_command, serving_commands
from resources.progress import BOARD

STUDENTS: Final = "students"
"""Folder of students, unless one is named."""
_EMBEDDED: Final = "embedded"
_MILLION: Final = 1e6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for.

    Attributes:
        model: What to teach; `None` if a student is only to be converted.
        on: Folder of a dataset or release, or the name of a release; by default the dataset.
        out: Folder of the student; by default one named after the model.
        rows: Most rows to learn.
        device: `auto`, `cpu` or `cuda`.
        fresh: Whether to remove an earlier training.
        dry_run: Whether to stop before anything is trained.
        recipe: Fields of the recipe; those that are `None` keep the default.
    """

    model: str | None
    on: str | None
    out: Path | None
    rows: int | None
    device: str
    fresh: bool
    dry_run: bool
    recipe: dict[str, Any]

    def folder(self, here: Path) -> StudentFolder:
        """Return the folder of the student.

        Args:
            here: Where the user stands.

        Raises:
            ConfigurationError: It is not clear which student is meant.
        """
        if self.out is not None:
            return StudentFolder(here / self.out)
        if self.model is not None:
            name = Path(self.model.rstrip("/")).name.removesuffix(".gguf")
            return StudentFolder(here / STUDENTS / (re.sub(r"[^\w.-]+", "-", name) or "student"))
        found = sorted(one.parent for one in (here / STUDENTS).glob("*/training.json"))
        if len(found) == 1:
            return StudentFolder(found[0])
        named = ", ".join(one.name for one in found) or "none"
        raise ConfigurationError(
            f"it is not clear which student is meant; in {STUDENTS} there are: {named}.",
            where="relgen train",
            remedy="Name a model to teach, or the folder of a student with --out.",
        )


def require_work(model: str | None, *, to_gguf: bool) -> None:
    """Check that there is something to do.

    Raises:
        ConfigurationError: Neither a model to teach is named nor a student to be converted.
    """
    if model is None and not to_gguf:
        raise ConfigurationError(
            "no model to teach is named.",
            where="relgen train",
            remedy="Name one: relgen train MODEL; or convert a student: relgen train --to-gguf",
        )


def train_student(wanted: Wanted, folder: StudentFolder, console: Console) -> None:
    """Teach a model and print what came of it.

    Args:
        wanted: What the user asks for, with a model.
        folder: Where the student goes.
        console: Where to print.

    Raises:
        ConfigurationError: A library, the model or the rows are missing, or the folder holds
            another training.
        DatasetError: There is nothing to learn.
        StorageError: A file cannot be read or written.
    """
    require_libraries()
    with loading():
        from relgen_assets.training.learning import learn

        base = open_base(_model(wanted.model or ""))
        rows = read_rows(_dataset(wanted.on), most=wanted.rows, seed=wanted.recipe["seed"])
        lesson = lesson_of(base, rows, wanted.device, wanted.recipe)
    print_lesson(console, lesson, folder)
    if wanted.dry_run:
        return
    folder.begin(lesson.order, fresh=wanted.fresh)
    if folder.finished:
        say(console, "This student has learned already.")
        return
    with shown_progress():
        losses = learn(lesson, folder)
    print_losses(console, losses, folder)


def print_lesson(console: Console, lesson: Lesson, folder: StudentFolder) -> None:
    """Print what is to be learned how, and with what memory."""
    recipe, steps, rows, memory = lesson.recipe, lesson.steps, lesson.rows, lesson.memory
    machine = lesson.machine
    left = f"; {rows.left_out:,} too long" if rows.left_out else ""
    method = f"adapters of rank {recipe.rank}" if recipe.method == "lora" else "the whole model"
    parts = ", ".join(
        f"{name} {size / GB:.1f}"
        for name, size in (
            ("weights", memory.weights),
            ("optimizer", memory.optimizer),
            ("activations", memory.activations),
            ("words", memory.words),
        )
    )
    print_facts(
        console,
        [
            ("model", f"{lesson.base.name}, {lesson.base.shape.parameters / _MILLION:,.0f} M"),
            ("rows", f"{len(rows.train):,} to learn, {len(rows.validation):,} to watch{left}"),
            ("longest row", f"{recipe.max_length:,} tokens"),
            ("teaches", f"{method}, {recipe.epochs:g} epochs, rate {recipe.learning_rate:g}"),
            ("steps", f"{steps.total:,} of {recipe.rows_a_step} rows, {recipe.batch} at a time"),
            ("stored", f"every {steps.store_every:,} steps in {folder.root}"),
            ("memory", f"at most {memory.total / GB:.1f} GB ({parts})"),
            ("machine", f"{machine.device}, {machine.memory / GB:.0f} GB to use"),
        ],
    )


def print_losses(console: Console, losses: Losses, folder: StudentFolder) -> None:
    """Print how the losses fell, and where the student is."""
    for name, points in (("learned", losses.learned), ("watched", losses.watched)):
        if points:
            say(console, f"loss of the rows {name}: {points[0][1]:.3f} to {points[-1][1]:.3f}")
    say(console, f"student: {folder.model}")
    say(console, f"plot: {folder.plot_file}")
    say(console, f"For llama.cpp: relgen train --to-gguf --out {shlex.quote(str(folder.root))}")


def convert_student(
    folder: StudentFolder, here: Path, converter: Path | None, kind: GgufType, console: Console
) -> None:
    """Convert a student for llama.cpp, and print how to serve and compare it.

    Args:
        folder: The student.
        here: Where the user stands.
        converter: llama.cpp's converter, or its folder; by default it is looked for.
        kind: How weights are stored.
        console: Where to print.

    Raises:
        ConfigurationError: The converter, or the student, is not there.
        StorageError: The conversion failed.
    """
    script = find_converter(converter, here)
    require_libraries(("torch", "transformers", "gguf"))
    with shown_progress(), BOARD.begin("converting", 0):
        file = to_gguf(folder, script, kind)
    say(console, f"file: {file}")
    write(console, "Serve it, with one of:")
    for command in serving_commands(file):
        say_below(console, command)
    write(console, "Compare it with its teacher:")
    say_below(console, evaluation_command(None))
    write(console, "Let it answer in a project of its own (relgen.toml):")
    for line in endpoint_block(file).splitlines():
        say_below(console, line)


def _model(named: str) -> str:
    """Return the path or name of a model; `embedded` is the file of the embedded server."""
    if named != _EMBEDDED:
        return named
    from resources.llama_server_pool.embedded.model import fast_copy, find_model

    return str(fast_copy(find_model()))


def _dataset(named: str | None) -> str:
    """Return the folder of rows; a name without a folder is a release of the project."""
    if named is not None and ("://" in named or Path(named).is_dir()):
        return named
    from relgen_assets.cli.opening import open_project
    from relgen_assets.release.places import find_release

    places = open_project().settings.storage
    if named is None:
        return places.dataset
    return str(find_release(Path(places.releases), named))
