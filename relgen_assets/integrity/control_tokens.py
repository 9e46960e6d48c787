"""No row of the dataset holds a control token of a chat template, in any column of any config.

The files are judged as they are, not the code that made them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from relgen_assets.export.shards import Shard, read_table
from resources.control_tokens import control_tokens_in


def rows_with_control_tokens(shards: Iterable[Shard]) -> list[str]:
    """List the rows of shards that hold a control token, each with its column and the token.

    Raises:
        DatasetError: A file cannot be read.
    """
    return [
        f"{shard.config}/{shard.split}: {fault}"
        for shard in shards
        for fault in _faults(read_table(shard))
    ]


def _faults(table: pa.Table) -> Iterator[str]:
    for name in table.column_names:
        # No token spans a line break, so all texts of a column are searched at once.
        if not control_tokens_in("\n".join(_texts(table.column(name)))):
            continue
        for number in range(table.num_rows):
            texts = "\n".join(_texts(table.column(name).slice(number, 1)))
            tokens = dict.fromkeys(place.token for place in control_tokens_in(texts))
            if tokens:
                yield f"row {number} holds {', '.join(tokens)} in {name}"


def _texts(column: pa.ChunkedArray) -> Iterator[str]:
    """Yield every text in a column, however deep in lists and structures."""
    kind = column.type
    if pa.types.is_string(kind):
        yield from (text for text in column.to_pylist() if text)
    elif pa.types.is_list(kind):
        yield from _texts(pc.list_flatten(column))
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _texts(pc.struct_field(column, field.name))
