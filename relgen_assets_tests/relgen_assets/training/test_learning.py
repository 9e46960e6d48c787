"""A training as a user starts it, with a model made in a moment. Needs the extra `train`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.training.folder import StudentFolder
from relgen_assets.training.learning import learn
from relgen_assets.training.lessons import Lesson, lesson_of
from relgen_assets.training.models import open_base
from relgen_assets.training.rows import Rows
from resources.progress import BOARD, TaskProgress

pytest.importorskip("trl", reason="needs the extra `train`: PyTorch, TRL and peft")
pytest.importorskip("peft", reason="needs the extra `train`: PyTorch, TRL and peft")

from relgen_assets_tests.consumers.trl_learning import made_tokenizer, tiny_model

Method = Literal["full", "lora"]


class StoppedError(Exception):
    """Stands for whatever ends a process in the middle."""


def rows() -> Rows:
    texts = [f"Lake number {number} feeds river number {number}." for number in range(12)]
    pairs = [
        {
            "prompt": [{"role": "user", "content": f"Extract: {text}"}],
            "completion": [{"role": "assistant", "content": json.dumps({"lake": text})}],
        }
        for text in texts
    ]
    return Rows(pairs[:10], pairs[10:])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    tokenizer = made_tokenizer(iter(["Lake number 0 feeds river number 0. Extract: lake"]))
    tiny_model(len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def lesson(model: Path, method: Method = "full") -> Lesson:
    changes = {"method": method, "batch": 2, "accumulation": 1, "learning_rate": 0.05, "epochs": 2}
    return lesson_of(open_base(str(model)), rows(), "cpu", changes)


@contextmanager
def stopped_at(step: int) -> Iterator[None]:
    def stop(task: TaskProgress) -> None:
        if task.title == "training" and task.done == step and not task.finished:
            raise StoppedError

    unsubscribe = BOARD.subscribe(stop)
    try:
        with pytest.raises(StoppedError):
            yield
    finally:
        unsubscribe()


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_training_that_was_stopped_goes_on_and_the_student_has_learned(
    tmp_path: Path, model: Path, method: Method
) -> None:
    import transformers

    folder, wanted = StudentFolder(tmp_path / "student"), lesson(model, method)
    folder.begin(wanted.order)
    with stopped_at(7):
        learn(wanted, folder)
    assert not folder.finished
    assert folder.last_checkpoint() is not None
    losses = learn(wanted, folder)
    assert [step for step, _ in losses.learned] == list(range(1, 11))
    assert losses.learned[-1][1] < losses.learned[0][1]
    assert losses.watched
    assert folder.plot_file.read_bytes().startswith(b"\x89PNG")
    assert json.loads(folder.losses_file.read_text())["learned"]
    student = transformers.AutoModelForCausalLM.from_pretrained(folder.model)
    before = transformers.AutoModelForCausalLM.from_pretrained(model)
    weight = "model.layers.0.self_attn.q_proj.weight"
    assert not student.state_dict()[weight].equal(before.state_dict()[weight])
    assert student.state_dict().keys() == before.state_dict().keys()  # no adapters are left


def test_rows_are_as_long_as_the_model_reads_them(model: Path) -> None:
    wanted = lesson(model)
    assert wanted.recipe.max_length == max(
        64, *(wanted.base.length(row) for row in (*rows().train, *rows().validation))
    )


def test_messages_need_a_chat_template(model: Path) -> None:
    base = open_base(str(model))
    base.tokenizer.chat_template = None
    with pytest.raises(ConfigurationError, match="no chat template"):
        lesson_of(base, rows(), "cpu")


@pytest.mark.parametrize("named", ["./nowhere", "nowhere.gguf"])
def test_a_model_that_is_not_there_is_one_line(named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_base(named)
    assert caught.value.where == named
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_model_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        open_base(str(tmp_path))


def test_a_gpu_that_is_not_there_is_refused(model: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ConfigurationError, match="sees no GPU"):
        lesson_of(open_base(str(model)), rows(), "cuda")
