"""What every document of `--json` has in common, and how one is printed.

The documents themselves are in `documents`, `setup_documents` and `story_document`.
"""

from __future__ import annotations

import json
import sys

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A part of what `--json` prints."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def print_document(document: Document) -> None:
    """Print a document on standard output, which gets nothing else.

    In ASCII: answers may hold lone surrogates, and not every terminal takes UTF-8.
    """
    sys.stdout.write(json.dumps(document.model_dump(mode="json"), indent=2) + "\n")
    sys.stdout.flush()
