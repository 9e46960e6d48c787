"""Which certificates a connection trusts: those of the machine, and a private authority's."""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path

import httpx2

from resources.errors import ConfigurationError


def trusted(ca: str | None, *, verify: bool) -> ssl.SSLContext:
    """Return what a connection trusts; reading it takes longer than opening a client.

    Args:
        ca: File with the certificate of a private authority, as PEM.
        verify: Whether to verify certificates at all.

    Raises:
        ConfigurationError: The file cannot be read, or holds no certificate.
    """
    # `SSL_CERT_FILE` and `SSL_CERT_DIR` count on loopback too, where a tunnel may end.
    place = tuple(os.environ.get(name, "") for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    return _context(ca, verify, place)


@cache
def _context(ca: str | None, verify: bool, _place: tuple[str, ...]) -> ssl.SSLContext:
    try:
        context = httpx2.create_ssl_context(verify=verify)
        if ca is not None and verify:
            context.load_verify_locations(cafile=Path(ca).expanduser())
    except (OSError, ssl.SSLError) as error:
        named = ca or " ".join(filter(None, _place))
        raise ConfigurationError(
            f"the certificates of an authority cannot be read ({named}: {error}).",
            where="pool.endpoints, field ca, or SSL_CERT_FILE",
            remedy="Give a file with certificates in PEM form.",
        ) from error
    return context
