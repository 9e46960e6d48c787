"""The files below a local folder; links are followed, and nothing is read twice for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from relgen_assets.sources.selection import LeftOut


def files_below(root: str, left_out: list[LeftOut]) -> Iterator[str]:
    """Yield the files below a folder.

    A link to a folder elsewhere is entered, once. A link to what the folder holds anyway is left
    out, and so is a hidden folder, as a whole.

    Args:
        root: The folder.
        left_out: What is left out is added here.

    Raises:
        OSError: A folder cannot be listed; otherwise its articles would be missing in silence.
    """
    top = Path(root).resolve()
    entered = {top}
    for folder, names, files in os.walk(root, onerror=_refuse, followlinks=True):
        for name in sorted(names):
            path = Path(folder, name)
            real = path.resolve()
            if name.startswith("."):
                reason = "a hidden folder"
            elif real in entered or top.is_relative_to(real):
                reason = f"a link to {real}, which is read already"
            elif path.is_symlink() and _holds(top, real):
                reason = f"a link to {real}, which is read anyway"
            else:
                entered.add(real)
                continue
            names.remove(name)
            left_out.append(LeftOut(str(path), reason))
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_symlink() and _holds(top, path.resolve()):
                left_out.append(LeftOut(str(path), f"a link to {path.resolve()}, read anyway"))
            else:
                yield str(path)


def _holds(top: Path, real: Path) -> bool:
    """Return whether a folder holds a path under names that are not hidden."""
    if not (real.is_relative_to(top) and real.exists()):
        return False
    return not any(part.startswith((".", "_")) for part in real.relative_to(top).parts)


def _refuse(error: OSError) -> None:
    raise error
