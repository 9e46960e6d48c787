"""Which split an article belongs to: a pure function of its title, or of its id without one.

All chunks of an article share its split, so that no training article appears in an evaluation. So
do articles of one title, since a preprint and its publication have different ids. Versions under
different titles are found by `integrity.duplicates`. Where rows are written belongs to `shards`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Final, Literal

from relgen_assets.domain_errors import ConfigurationError

Split = Literal["train", "validation", "test"]
SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

_BUCKETS = 100


def split_key(paper_id: str, title: str) -> str:
    """Return what decides on the split of an article: the letters and digits of its title.

    Args:
        paper_id: Id of the article; it decides where there is no title.
        title: Title of the article, in any spelling; may be empty.
    """
    letters = unicodedata.normalize("NFKD", title.casefold())
    return "".join(filter(str.isalnum, letters)) or paper_id


def split_of(key: str, *, validation_percent: int, test_percent: int) -> Split:
    """Return the split of an article.

    The key is hashed (SHA-256) into one of 100 buckets: the first `test_percent` are test, the next
    `validation_percent` validation. The result is the same on every machine and in every run.
    Changing the validation share moves no test article.

    Args:
        key: What `split_key` returns.
        validation_percent: Share of articles for validation, 0 to 100.
        test_percent: Share of articles for testing, 0 to 100.

    Raises:
        ConfigurationError: A percentage is negative, or their sum exceeds 100.
    """
    if validation_percent < 0 or test_percent < 0 or validation_percent + test_percent > _BUCKETS:
        raise ConfigurationError(
            f"validation_percent={validation_percent} and test_percent={test_percent} are out"
            " of range.",
            where="dataset",
            remedy="Use two numbers of 0 or more that sum to at most 100.",
        )
    digest = hashlib.sha256(key.encode("utf-8")).digest()
    bucket = int.from_bytes(digest[:8], "big") % _BUCKETS
    if bucket < test_percent:
        return "test"
    return "validation" if bucket < test_percent + validation_percent else "train"
