"""Whatever goes wrong while talking to a server is that server's fault, and nobody else's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from resources.errors import ActionableError
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt

logger = logging.getLogger(__name__)


@contextmanager
def blamed_on_server() -> Iterator[None]:
    """Turn an exception that no one foresaw into a fault; its traceback goes to the log.

    Raises:
        EndpointFault: Something went wrong.
    """
    try:
        yield
    except (EndpointFault, ActionableError, TimeoutError):
        raise
    except Exception as error:
        logger.debug("an unforeseen answer of a server", exc_info=True)
        detail = f"an answer that no one foresaw ({type(error).__name__}: {excerpt(str(error))})"
        raise EndpointFault("unforeseen", detail, Disposition.server) from error
