"""What endpoints are worth, as it is stored: the certificate of the models behind a dataset."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from relgen_assets.evaluation.intervals import Interval
from relgen_assets.evaluation.scores import Scores

CERTIFICATE_FILE: Final = "certificate.json"
"""Name of the file in the folder of a dataset."""


class Evaluated(BaseModel):
    """What one endpoint is worth.

    Attributes:
        endpoint: Its name.
        model: The model that answered; empty if none did.
        prompt: The prompt it was asked with, as users name it.
        prompt_version: Version of that template.
        mode: How decoding was constrained; empty if it was not.
        scores: Its scores on all texts.
        by_origin: Its scores by source; empty if there is only one.
        reasons: Texts without a usable answer, by reason.
        completion_tokens: Tokens of its answers.
        seconds: Time of its answers on the server, added.
        needles: Share of planted facts that came back; `None` if none were planted.
    """

    model_config = ConfigDict(frozen=True)

    endpoint: str
    model: str
    prompt: str
    prompt_version: str
    mode: str
    scores: Scores
    by_origin: dict[str, Scores]
    reasons: dict[str, int]
    completion_tokens: int
    seconds: float
    needles: Interval | None = None


class Certificate(BaseModel):
    """What the endpoints of a project are worth on the same texts.

    Attributes:
        on: The texts: name of a split, or of a gold file without its folder.
        made: When they were evaluated.
        evaluated: The endpoints.
    """

    model_config = ConfigDict(frozen=True)

    on: str
    made: datetime
    evaluated: list[Evaluated]
