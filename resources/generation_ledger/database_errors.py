"""Turns database errors into errors that say what to do."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from resources.errors import LedgerError

_SAFE: Final = "What was recorded before is safe."

_REMEDIES: Final = (
    (
        "database is locked",
        "Another process locked the ledger for too long: end it, or use PostgreSQL for many runs. "
        + _SAFE,
    ),
    (
        "lock timeout",
        "Another session held locks on the ledger's tables for too long: end it, then run again. "
        + _SAFE,
    ),
    ("readonly database", "Give this user write permission on the ledger's file and folder."),
    ("unable to open database file", "Create the folder, or give this user permission there."),
    ("disk is full", f"Free space on the ledger's disk, then run again. {_SAFE}"),
    ("no space left", f"Free space on the database's disk, then run again. {_SAFE}"),
    ("disk i/o error", "Check the disk's space, limits (ulimit -f) and health, then run again."),
    (
        "file is not a database",
        "The file is not a ledger: move it away, or fix the ledger's URL.",
    ),
    (
        "malformed",
        "The file is damaged: move it away and import the last export ({import_command}).",
    ),
    ("password", "Check the user in the ledger's URL and the variable that holds its password."),
    ("does not exist", "Create what is missing, or fix the ledger's URL."),
    ("permission denied", "Grant this database user the right to read and write its schema."),
    (
        "connection",
        f"Start the database, or fix host and port in the ledger's URL. {_SAFE}",
    ),
)
"""Parts of driver messages, and the remedy for each; the first match counts."""

_FINAL: Final = ("authentication failed", "no password", "does not exist", "pg_hba")
"""Refused connections for which retrying will not help."""

_PASSING: Final = ("57P", "08", "40")
"""SQLSTATE classes: operator intervention, connection exception, transaction rollback.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""


def ledger_error(error: DBAPIError, where: str, import_command: str) -> LedgerError:
    """Return a driver's error as one that says what happened, where, and what to do.

    Args:
        error: The error raised by the driver.
        where: The database, without its password.
        import_command: The command that imports an export, for the remedy for a damaged file.
    """
    # Only the driver's own words: SQLAlchemy would add the statement with its parameters.
    words = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    lowered = " ".join(words).lower()
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in lowered), "")
    remedy = remedy.format(import_command=import_command)
    return LedgerError(
        f"the ledger cannot be used: {words[0].rstrip('.')}.", where=where, remedy=remedy
    )


def is_passing(error: DBAPIError) -> bool:
    """Return whether the same transaction may succeed if it is tried again.

    The database server went away, is starting, or aborted the transaction to break a deadlock.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if any(sign in str(error.orig).lower() for sign in _FINAL):
        return False
    code = getattr(error.orig, "pgcode", None)
    return error.connection_invalidated or code is None or code.startswith(_PASSING)
