"""The exit statuses of `relgen`: what a script learns without reading the output.

Documented in `docs/exit-codes.md`, which is made from this list.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit status of a command means."""

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Return a member that carries its meaning.

        Args:
            value: The exit status.
            meaning: What it says, as one sentence for the documents.
        """
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    meaning: str

    DONE = 0, "Everything that was asked for is done."
    FAILED = 1, "Something failed: a batch, a server, or an asset check of error severity."
    USAGE = 2, "The command line or a setting is wrong; nothing was started."
    NOTHING_TO_CHECK = 3, "There is nothing to check yet: no batch has been materialised."
    NOT_CHECKED = 4, "No check failed, but some could not run, e.g. of an unfinished batch."
    INTERRUPTED = 130, "Stopped by Ctrl-C (SIGINT). Finished answers are kept."
    TERMINATED = 143, "Stopped by SIGTERM. Finished answers are kept."
