"""The training itself, by TRL's `SFTTrainer`: a loss on the answers, and checkpoints to go on from.

Everything that can be decided without PyTorch is decided before, in
`lessons`.
"""

from __future__ import annotations

import os
from typing import Any, Final

from relgen_assets.training.folder import StudentFolder
from relgen_assets.training.lessons import Lesson
from relgen_assets.training.losses import Losses, loss_png, losses_in
from relgen_assets.training.models import load_weights
from resources import storage
from resources.progress import BOARD, ProgressTask

_KEPT_CHECKPOINTS: Final = 2
"""The last one may be half written when the process dies."""


def learn(lesson: Lesson, folder: StudentFolder) -> Losses:
    """Train a model, from its last checkpoint if there is one, and store it as a whole.

    Returns:
        The losses of all steps, with those before the checkpoint.

    Raises:
        ConfigurationError: The weights cannot be read.
        StorageError: Losses or model cannot be written.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    model = load_weights(lesson.base, lesson.recipe)
    with BOARD.begin("training", lesson.steps.total) as task:
        trainer = _trainer(lesson, model, folder, task)
        last = folder.last_checkpoint()
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
        losses = _keep_losses(trainer.state.log_history, folder)
        task.note("storing the student")
        trained = trainer.model
        if lesson.recipe.method == "lora":
            trained = trained.merge_and_unload()
        with folder.finishing() as place:
            trained.save_pretrained(place)
            lesson.base.tokenizer.save_pretrained(place)
    return losses


def _trainer(lesson: Lesson, model: Any, folder: StudentFolder, task: ProgressTask) -> Any:
    import datasets
    import peft
    import transformers
    import trl

    datasets.disable_progress_bars()
    watched = list(lesson.rows.validation)
    adapters = peft.LoraConfig(
        r=lesson.recipe.rank,
        lora_alpha=2 * lesson.recipe.rank,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    trainer = trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(**_arguments(lesson, folder, watching=bool(watched))),
        train_dataset=datasets.Dataset.from_list(list(lesson.rows.train)),
        eval_dataset=datasets.Dataset.from_list(watched) if watched else None,
        processing_class=lesson.base.tokenizer,
        peft_config=adapters if lesson.recipe.method == "lora" else None,
        callbacks=[_watcher(folder, task)],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def _arguments(lesson: Lesson, folder: StudentFolder, *, watching: bool) -> dict[str, Any]:
    """Return the arguments of `SFTConfig`."""
    recipe, steps = lesson.recipe, lesson.steps
    return {
        "output_dir": str(folder.checkpoints),
        "max_steps": steps.total,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": steps.warm_up,
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.accumulation,
        "gradient_checkpointing": recipe.recompute,
        "bf16": recipe.half,
        "max_length": recipe.max_length,
        "completion_only_loss": True,
        "packing": False,
        "save_strategy": "steps",
        "save_steps": steps.store_every,
        "save_total_limit": _KEPT_CHECKPOINTS,
        "eval_strategy": "steps" if watching else "no",
        "eval_steps": steps.store_every,
        "logging_steps": steps.record_every,
        "seed": recipe.seed,
        "use_cpu": lesson.machine.device == "cpu",
        "dataloader_pin_memory": lesson.machine.device != "cpu",
        "disable_tqdm": True,
        "report_to": "none",
    }


def _watcher(folder: StudentFolder, task: ProgressTask) -> Any:
    """Return what shows the progress, and keeps the losses whenever a checkpoint is stored."""
    import transformers

    class Watcher(transformers.TrainerCallback):  # type: ignore[misc]  # its class is unknown here
        """Follows a trainer."""

        def on_train_begin(self, _arguments: Any, state: Any, _control: Any, **_: Any) -> None:
            """Count the steps before the checkpoint as done."""
            task.advance(state.global_step)

        def on_step_end(self, _arguments: Any, _state: Any, _control: Any, **_: Any) -> None:
            """Count a step."""
            task.advance()

        def on_log(self, _arguments: Any, state: Any, _control: Any, **_: Any) -> None:
            """Show the last loss."""
            if learned := losses_in(state.log_history).learned:
                task.note(f"loss {learned[-1][1]:.3f}")

        def on_save(self, _arguments: Any, state: Any, _control: Any, **_: Any) -> None:
            """Keep the losses so far."""
            _keep_losses(state.log_history, folder)

    return Watcher()


def _keep_losses(history: list[dict[str, float]], folder: StudentFolder) -> Losses:
    losses = losses_in(history)
    storage.write_atomic(str(folder.losses_file), losses.encoded())
    storage.write_atomic(str(folder.plot_file), loss_png(losses))
    return losses
