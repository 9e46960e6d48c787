"""The templates of a project: its own files replace the bundled ones, and none is overlooked."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import PROMPT_TASKS, bundled_prompts, load_prompts
from relgen_assets.prompts.folder import copy_bundled, variants
from relgen_assets.settings import Settings

OWN = "=== user ===\nSummarise: {abstract} {section_names}\n"


def test_a_file_replaces_one_template_and_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "summary.txt").write_text(OWN)
    (tmp_path / "notes.md").write_text("Nothing to read here.")
    own, bundled = load_prompts(tmp_path), bundled_prompts()
    assert own.template("summary").file == tmp_path / "summary.txt"
    assert own.version("summary") != bundled.version("summary")
    assert own.template("extraction_schema") == bundled.template("extraction_schema")


def test_without_a_folder_every_template_is_bundled(tmp_path: Path) -> None:
    prompts = load_prompts(tmp_path / "prompts")
    assert all(prompts.template(task).file is None for task in PROMPT_TASKS)


def test_a_folder_that_the_settings_name_has_to_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Project(Settings()).prompts.version("summary") == bundled_prompts().version("summary")
    with pytest.raises(ConfigurationError, match="mine: there is no such folder"):
        _ = Project(Settings.model_validate({"prompts": {"folder": "mine"}})).prompts


@pytest.mark.parametrize(
    ("name", "meant"),
    [("summery.txt", "Did you mean summary.txt?"), ("x.txt", "Templates are summary.txt")],
)
def test_a_misspelled_file_name_is_not_overlooked(tmp_path: Path, name: str, meant: str) -> None:
    (tmp_path / name).write_text(OWN)
    with pytest.raises(ConfigurationError) as refused:
        load_prompts(tmp_path)
    assert name in str(refused.value)
    assert meant in str(refused.value)


def test_all_faulty_files_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "summary.txt").write_text("=== usr ===\n")
    (tmp_path / "extraction_schema.txt").write_text("")
    (tmp_path / "summary2.txt").write_text(OWN)
    with pytest.raises(ConfigurationError) as refused:
        load_prompts(tmp_path)
    for name in ("summary.txt, line 1", "extraction_schema.txt, line 1", "summary2.txt"):
        assert name in str(refused.value)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_prompts(tmp_path / "prompts")
    with pytest.raises(StorageError, match="cannot be written"):
        copy_bundled(tmp_path / "prompts")


def test_copies_are_the_bundled_templates_and_never_overwrite(tmp_path: Path) -> None:
    (tmp_path / "summary.txt").write_text(OWN)
    outcomes = {one.file.relative_to(tmp_path): one.outcome for one in copy_bundled(tmp_path)}
    assert outcomes == {
        Path(f"{task}.txt"): "differs" if task == "summary" else "written" for task in PROMPT_TASKS
    }
    assert (tmp_path / "summary.txt").read_text() == OWN
    assert {one.outcome for one in copy_bundled(tmp_path)} == {"differs", "same"}
    copied = load_prompts(tmp_path).version("extraction_schema")
    assert copied == bundled_prompts().version("extraction_schema")


def test_a_student_prompt_is_replaced_by_a_file_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "summary_none.txt").write_text("=== user ===\nRead: {text}\n")
    own, bundled = load_prompts(tmp_path), bundled_prompts()
    assert own.version("student/summary_none") != bundled.version("student/summary_none")
    assert own.template("student/summary_given") == bundled.template("student/summary_given")


@pytest.mark.parametrize("name", ["student/summary_non.txt", "summary_none.txt"])
def test_a_student_prompt_under_another_name_is_not_overlooked(tmp_path: Path, name: str) -> None:
    (tmp_path / "student").mkdir()
    (tmp_path / name).write_text("=== user ===\n{text}\n")
    with pytest.raises(ConfigurationError, match=r"Did you mean student/summary_none\.txt"):
        load_prompts(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("summary_none", "=== user ===\n{summary} {text}\n", "unknown placeholder {summary}"),
        ("summary_given", "=== user ===\n{text}\n", "{summary} is missing"),
        ("summary_none_schema", "=== user ===\n{text}\n", "{schema} is missing"),
        (
            "summary_none",
            '=== user ===\nA\n=== assistant ===\n{"relations": []}\n=== user ===\n{text}\n',
            "a trainer would learn this answer",
        ),
    ],
)
def test_a_student_prompt_is_checked_like_the_others(
    tmp_path: Path, name: str, text: str, fault: str
) -> None:
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / f"{name}.txt").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_prompts(tmp_path)
    assert fault in str(refused.value)


def test_a_variant_replaces_what_it_has_and_takes_the_rest_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "summary.txt").write_text(OWN)
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "extraction_schema.txt").write_text("=== user ===\n{summary} {text}\n")
    (tmp_path / "student").mkdir()
    plain, short = load_prompts(tmp_path), load_prompts(tmp_path, variant="short")
    assert variants(tmp_path) == ["short"]
    assert plain.version("summary") == short.version("summary")
    assert plain.version("extraction_schema") != short.version("extraction_schema")
    assert short.template("extraction_schema").file == tmp_path / "short" / "extraction_schema.txt"
    settings = Settings.model_validate({"prompts": {"folder": str(tmp_path), "variant": "short"}})
    opened = Project(settings).prompts
    assert opened.version("extraction_schema") == short.version("extraction_schema")


@pytest.mark.parametrize("wanted", ["long", "student", "../short", ""])
def test_a_variant_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, wanted: str
) -> None:
    (tmp_path / "short").mkdir()
    (tmp_path / "student").mkdir()
    with pytest.raises(ConfigurationError, match="known here: short"):
        load_prompts(tmp_path, variant=wanted)


def test_a_prompt_whose_last_turn_lacks_the_chunk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "extraction_schema.txt").write_text(
        "=== user ===\n{summary} {text}\n=== assistant ===\n"
        '{"section_description": "x", "list_of_entities": [], "relations": []}\n'
        "=== user ===\nNow list its entities.\n"
    )
    with pytest.raises(ConfigurationError, match=r"line 5: \{text\} has to stand in the last turn"):
        load_prompts(tmp_path)
