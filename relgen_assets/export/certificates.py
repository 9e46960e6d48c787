"""The certificate of the models behind a dataset: a file beside the card, which shows it."""

from __future__ import annotations

from pydantic import ValidationError

from relgen_assets.domain_errors import DatasetError
from relgen_assets.evaluation.certificate import CERTIFICATE_FILE, Certificate
from resources import storage


def stored_certificate(root: str) -> Certificate | None:
    """Return the certificate in a dataset folder, if there is one.

    Raises:
        DatasetError: The file holds no certificate.
        StorageError: It cannot be read.
    """
    url = storage.join(root, CERTIFICATE_FILE)
    if not storage.exists(url):
        return None
    try:
        return Certificate.model_validate_json(storage.read_bytes(url))
    except ValidationError as error:
        raise DatasetError(
            "the file holds no certificate of this version.",
            where=storage.shown(url),
            remedy="Materialise evaluations again, or remove the file.",
        ) from error


def store_certificate(root: str, certificate: Certificate) -> str:
    """Write a certificate into a dataset folder and return where it is.

    Raises:
        StorageError: It cannot be written.
    """
    url = storage.join(root, CERTIFICATE_FILE)
    storage.write_atomic(url, certificate.model_dump_json(indent=2).encode("utf-8"))
    return url
