"""The further HTTP headers of an endpoint; secrets among them are read from the environment."""

from __future__ import annotations

import os

from resources.errors import ConfigurationError
from resources.llama_server_pool.endpoint import Endpoint


def header_values(endpoint: Endpoint) -> dict[str, str]:
    """Return the headers to send.

    Raises:
        ConfigurationError: A header names an environment variable that is not set.
    """
    values: dict[str, str] = {}
    for name, value in endpoint.headers.items():
        variable = value.removeprefix("$")
        if variable == value:
            values[name] = value
            continue
        if not os.environ.get(variable):
            raise ConfigurationError(
                f"the environment variable {variable} is not set.",
                where=f"endpoint {endpoint.name!r}, header {name}",
                remedy="Set it to the value of the header, or remove the header.",
            )
        values[name] = os.environ[variable]
    return values
