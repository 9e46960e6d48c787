"""A reader who does what a document says: a folder, the commands, and servers of one's own.

What readers have and the document cannot give stands in for by `Reader`'s arguments: their articles
lie in the folder, and their servers' addresses lead to fake ones.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from relgen_assets.settings import SETTINGS_FILE
from relgen_assets_tests.fakes import embedded
from relgen_assets_tests.readme.document import Form, Step, commands_of
from relgen_assets_tests.readme.forked import ForkedRelgen
from relgen_assets_tests.repository.tree import ROOT

RELGEN = frozenset({"relgen", ".venv/bin/relgen"})
PROGRAMS = RELGEN | {"dagster", ".venv/bin/dagster"}
"""What is run. Anything else has to be named as not run."""
SHIPPED = (SETTINGS_FILE, "dagster.yaml", "workspace.yaml")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_STATUS = re.compile(r"exits (\d+)")
_SECTION = re.compile(r"^\[+([\w.]+)\]+", re.MULTILINE)


@dataclass
class Reader:
    """Reads a document step by step.

    Attributes:
        folder: The folder of a fresh clone; where the reader is, once there is a `cd`.
        not_run: Commands that are taken as done, exactly as written.
        stays: Commands that run until they are stopped; each with the address that it answers at.
        means: Texts of the document and what the reader puts in their place, e.g. an address.
        fills: What the reader types for what a table of commands leaves open: a text, or how to
            find it in the folder.
        variables: Environment variables that the reader has set.
        skipped: Those of `not_run` that were met.
        done: The command lines that were run.
        output: What the last command printed.
    """

    folder: Path
    not_run: frozenset[str] = frozenset()
    stays: Mapping[str, str] = field(default_factory=dict[str, str])
    means: Mapping[str, str] = field(default_factory=dict[str, str])
    fills: Mapping[str, str | Callable[[Path], str]] = field(
        default_factory=dict[str, str | Callable[[Path], str]]
    )
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    skipped: set[str] = field(default_factory=set[str], init=False)
    done: set[str] = field(default_factory=set[str], init=False)
    output: str = field(default="", init=False)

    def __post_init__(self) -> None:
        packages = self.folder.parent / "packages"
        embedded.install(packages)
        (self.folder / ".venv").mkdir(parents=True)
        (self.folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
        for name in SHIPPED:
            (self.folder / name).write_bytes((ROOT / name).read_bytes())
        path = os.pathsep.join(map(str, (embedded.PACKAGES, packages, ROOT)))
        kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
        caches = {name: str(self.folder.parent / "cache") for name in ("XDG_CACHE_HOME", "HF_HOME")}
        programs = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
        paths = {"PYTHONPATH": path, "PATH": programs}
        self._environment = kept | caches | paths | dict(self.variables)
        self._printed = self.folder.parent / "printed.txt"

    @cached_property
    def _forked(self) -> ForkedRelgen:
        return ForkedRelgen(self._environment)

    def close(self) -> None:
        """Put the document down."""
        if "_forked" in self.__dict__:  # cached once a command was run
            self._forked.close()

    def follow(self, step: Step) -> None:
        """Do one step.

        Raises:
            AssertionError: It did not do what the document says.
        """
        text = self._meant(step.text)
        match step.form:
            case Form.shell:
                self._shell(step.text)
            case Form.table:
                self._table(step.text.splitlines())
            case Form.python:
                self._finish([sys.executable, "-c", text], 0, step.text)
            case Form.settings:
                file = self.folder / SETTINGS_FILE
                file.write_text(with_sections(file.read_text("utf-8"), text), encoding="utf-8")
            case Form.output:
                missing = lines_missing(step.text, self.output)
                assert not missing, f"not printed: {missing}\nprinted: {self.output}"

    def _shell(self, line: str) -> None:
        command, _, note = (part.strip() for part in line.partition(" #"))
        status = _STATUS.fullmatch(note)
        for part in command.split(" && "):
            if part in self.not_run:
                self.skipped.add(part)
            elif part in self.stays:
                self._start_and_stop(part)
            elif part.startswith("cd "):
                self.folder = self.folder / part.removeprefix("cd ")
            else:
                self._run(part, int(status[1]) if status else 0)
            self.done.add(part)

    def _run(self, part: str, status: int) -> None:
        words = shlex.split(self._meant(part))
        variables = dict(
            word.split("=", 1) for word in itertools.takewhile(_ASSIGNMENT.match, words)
        )
        program, *arguments = words[len(variables) :]
        assert program in PROGRAMS, f"neither run nor named as not run: {part}"
        if program in RELGEN:
            self._relgen(arguments, variables, status)
        else:
            self._finish(["bash", "-c", self._meant(part)], status, part)

    def _table(self, synopses: list[str]) -> None:
        for synopsis in synopses:
            for command in map(self._filled, commands_of(synopsis)):
                if not {command, f".venv/bin/{command}"} & self.done:
                    self._shell(command)

    def _relgen(self, arguments: list[str], variables: dict[str, str], status: int) -> None:
        environment = self._environment | variables
        exited = self._forked.run(arguments, self.folder, environment, self._printed)
        self.output = self._printed.read_text("utf-8", "replace")
        text = shlex.join(arguments)
        assert exited == status, f"relgen {text}\nexited {exited}:\n{self.output}"

    def _finish(self, command: list[str], status: int, text: str) -> None:
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.output = ended.stdout
        assert ended.returncode == status, f"{text}\nexited {ended.returncode}:\n{self.output}"

    def _start_and_stop(self, part: str) -> None:
        """Run a command until it answers at its address, then ask it to end."""
        process = subprocess.Popen(
            shlex.split(self._meant(part)),
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            answered = _answers(self._meant(self.stays[part]), process)
        finally:
            process.send_signal(signal.SIGTERM)
            self.output, _ = process.communicate(timeout=60)
        assert answered, f"{part} did not answer:\n{self.output}"

    def _filled(self, line: str) -> str:
        for gap, fill in self.fills.items():
            pattern = rf"(?<!\w){re.escape(gap)}(?!\w)"
            if re.search(pattern, line):
                line = re.sub(pattern, fill if isinstance(fill, str) else fill(self.folder), line)
        return line

    def _meant(self, text: str) -> str:
        for written, meant in self.means.items():
            text = text.replace(written, meant)
        return text


def with_sections(settings: str, wanted: str) -> str:
    """Return settings in which the sections of `wanted` replace those of the same name."""
    names = set(_SECTION.findall(wanted))
    starts = [match.start() for match in _SECTION.finditer(settings)]
    parts = [settings[begin:end] for begin, end in zip([0, *starts], [*starts, None], strict=True)]
    kept = [part for part in parts if not ((name := _SECTION.match(part)) and name[1] in names)]
    return "".join(kept) + "\n" + wanted + "\n"


def lines_missing(expected: str, printed: str) -> list[str]:
    """Return the expected lines that were not printed; figures and spacing may differ.

    An ellipsis stands for any text.
    """
    shapes = "\n".join(_shape(line) for line in printed.splitlines())
    return [
        line
        for line in expected.splitlines()
        if not re.search(".*".join(map(re.escape, _shape(line).split("…"))), shapes)
    ]


def _shape(line: str) -> str:
    return re.sub(r"[\d.,:]*\d", "0", " ".join(line.split()))


def _is_ours(variable: str) -> bool:
    return variable.startswith(("RELGEN_", "DAGSTER_", "PYTHON"))


def _answers(address: str, process: subprocess.Popen[str], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False
