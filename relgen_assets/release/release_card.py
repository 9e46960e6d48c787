"""What the card of a release says besides that of the dataset folder.

Its YAML promises how many rows every split has; `datasets` refuses the folder if they are not
there. Its text says which rows were left out, and under which licences the others stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from relgen_assets.export.attribution import ATTRIBUTION_FILE
from relgen_assets.export.companions import RECIPE_FILE
from relgen_assets.export.front_matter import headed, parted
from relgen_assets.export.shards import Shard
from relgen_assets.release.contents import PROVENANCE_FILE, Tally
from relgen_assets.release.manifest import MANIFEST_FILE
from relgen_assets.rights.licences import licence_of

_TEXT: Final = f"""
## This release

It never changes. `{MANIFEST_FILE}` lists every file with its SHA-256: `relgen verify` names each
one that is missing, added or changed. `{PROVENANCE_FILE}` names the recorded answers and the rules
behind each row, and `{RECIPE_FILE}` holds the settings and prompts that made it. From the articles
and the recorded answers, `relgen rebuild --from-ledger` makes the same bytes again.

{{selection}}

Rows by licence of their article; `{ATTRIBUTION_FILE}` names the articles and their authors:

| licence | rows | text of the licence |
| --- | --- | --- |
{{licences}}
"""
_ALL_PUBLISHABLE: Final = "All its {rows:,} examples may be published, by what is known of them."
_LEFT_OUT: Final = (
    "Its {rows:,} examples may be published, by what is known of them. {number:,} others of the"
    " dataset were left out:"
)
_EVERY_ROW: Final = (
    "**It was made with every row.** {number:,} of its {rows:,} examples may not be published, or"
    " are not known to be free, so do not share it:"
)


def dataset_info(shards: Sequence[Shard]) -> list[dict[str, Any]]:
    """Return the counts of each config as the card's `dataset_info` has them.

    Args:
        shards: All shards of a release in a local folder.

    Raises:
        OSError: A shard cannot be read.
    """
    configs: dict[str, list[Shard]] = {}
    for shard in shards:
        configs.setdefault(shard.config, []).append(shard)
    return [_config_info(config, own) for config, own in configs.items()]


def release_card(
    card: str, info: Sequence[Mapping[str, Any]], tally: Tally, *, every_row: bool
) -> str:
    """Return the card of a release.

    Args:
        card: The card of its folder, as that of any dataset folder is written.
        info: The counts of each config.
        tally: What it holds and leaves out.
        every_row: Whether it holds rows that may not be published.
    """
    metadata, body = parted(card)
    text = _TEXT.format(
        selection=_selection(tally, every_row=every_row), licences=_licences(tally.licences)
    )
    return headed({**metadata, "dataset_info": list(info)}, f"{body.rstrip()}\n{text}")


def _config_info(config: str, shards: Iterable[Shard]) -> dict[str, Any]:
    splits: dict[str, dict[str, Any]] = {}
    download = 0
    for shard in shards:
        path = Path(shard.url)
        found = splits.setdefault(
            shard.split, {"name": str(shard.split), "num_bytes": 0, "num_examples": 0}
        )
        found["num_bytes"] += _uncompressed(path)
        found["num_examples"] += shard.rows
        download += path.stat().st_size
    return {
        "config_name": config,
        "splits": list(splits.values()),
        "download_size": download,
        "dataset_size": sum(one["num_bytes"] for one in splits.values()),
    }


def _uncompressed(path: Path) -> int:
    footer = pq.read_metadata(path)
    return sum(footer.row_group(number).total_byte_size for number in range(footer.num_row_groups))


def _selection(tally: Tally, *, every_row: bool) -> str:
    number = tally.unpublishable.total()
    if not number:
        return _ALL_PUBLISHABLE.format(rows=tally.rows)
    said = (_EVERY_ROW if every_row else _LEFT_OUT).format(rows=tally.rows, number=number)
    reasons = sorted(tally.unpublishable.items(), key=lambda one: (-one[1], one[0]))
    return said + "\n\n" + "\n".join(f"- {count:,}: {_cell(reason)}" for reason, count in reasons)


def _licences(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return "\n".join(
        f"| {_cell(name)} | {count:,} | {_link(licence_of(name).url)} |" for name, count in ranked
    )


def _link(url: str) -> str:
    return f"<{url}>" if url else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
