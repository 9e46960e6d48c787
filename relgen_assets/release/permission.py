"""Which rows of a release may not be published.

Rows are judged anew, from the licences and models that they name, under what the project publishes
now. So a release that holds every row, and one that was made when more was allowed, are judged
alike.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.configs import FULL
from relgen_assets.release.manifest import Manifest
from relgen_assets.rights.publishing import Policy, publishability

_DECIDING: Final = ["licence", "model", "summary_model"]
_COUNTED: Final = "count_all"


def forbidden_rows(folder: Path, manifest: Manifest, policy: Policy) -> Counter[str]:
    """Return the rows of a release that may not be published, by reason.

    Args:
        folder: Folder of the release.
        manifest: Its manifest.
        policy: What the project publishes.

    Raises:
        DatasetError: Its rows cannot be read.
    """
    forbidden: Counter[str] = Counter()
    for file in manifest.files:
        if not file.path.startswith(f"{FULL.name}/"):
            continue
        for kind in _kinds_of_rows(folder / file.path):
            judged = publishability(kind["licence"], [kind["model"], kind["summary_model"]], policy)
            if not judged.allowed:
                forbidden[judged.reason] += kind[_COUNTED]
    return forbidden


def require_permission(folder: Path, manifest: Manifest, policy: Policy) -> None:
    """Refuse a release with rows that may not be published.

    Args:
        folder: Folder of the release.
        manifest: Its manifest.
        policy: What the project publishes.

    Raises:
        DatasetError: It holds such rows; the message counts them by reason.
    """
    forbidden = forbidden_rows(folder, manifest, policy)
    if not forbidden:
        return
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in forbidden.most_common())
    rows = sum(manifest.rows[FULL.name].values())
    raise DatasetError(
        f"{forbidden.total():,} of its {rows:,} rows may not be published: {reasons}.",
        where=str(folder),
        remedy="Make a release without them, relgen release, or name one. Where licence or terms"
        " of the model are unknown and you may publish nevertheless, set rights.publish_unknown ="
        " true (docs/licences.md).",
    )


def _kinds_of_rows(file: Path) -> list[dict[str, Any]]:
    """Return the different values of what decides, each with its number of rows."""
    try:
        rows = pq.ParquetFile(file).read(columns=_DECIDING)
        kinds: list[dict[str, Any]] = (
            rows.group_by(_DECIDING).aggregate([([], _COUNTED)]).to_pylist()
        )
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(
            "its rows do not say under what licence they are.",
            where=str(file),
            remedy="Make the release anew: relgen release",
        ) from error
    return kinds
