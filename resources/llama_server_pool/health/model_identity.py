"""Which model a pool serves: one name for all its servers, since answers are stored under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from resources.errors import ConfigurationError
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.servers.client import ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault


def common_model(endpoints: Sequence[EndpointState]) -> str | None:
    """Return the model that the servers name, or `None` while some may still name one.

    Raises:
        ConfigurationError: Two servers serve different models, or none names its model.
    """
    if not all(endpoint.has_said_all for endpoint in endpoints):
        return None
    named = {
        endpoint.name: plain_name(endpoint.facts.model)
        for endpoint in endpoints
        if endpoint.facts is not None and endpoint.facts.model
    }
    if len(set(named.values())) > 1:
        refuse_models(named)
    if not named and any(endpoint.tried_out for endpoint in endpoints):
        raise ConfigurationError(
            "no server names the model it serves.",
            where="pool.model",
            remedy="Set the pool's model: answers are stored under its name.",
        )
    return next(iter(named.values()), None)


def refuse_other_model(facts: ServerFacts, model: str | None, endpoint: EndpointState) -> None:
    """Refuse a server that arrives late and serves a different model from the others.

    Args:
        facts: What the server says about itself.
        model: The model of the pool, once it is known.
        endpoint: The endpoint; not checked if its configuration names the model.

    Raises:
        EndpointFault: The server names another model.
    """
    served = facts.model
    if model and served and endpoint.client.model is None and plain_name(served) != model:
        detail = f"it serves the model {served!r}, the pool serves {model!r}"
        raise EndpointFault("wrong_model", detail, Disposition.auth)


def refuse_models(models: Mapping[str, str]) -> None:
    """Raise the error that says which endpoint serves which model.

    Raises:
        ConfigurationError: Always.
    """
    listed = ", ".join(f"{name}: {model}" for name, model in sorted(models.items()))
    raise ConfigurationError(
        f"the endpoints of one pool serve different models ({listed}).",
        where="pool.endpoints",
        remedy="Load the same model on every server, or set its common name in pool.model.",
    )


def plain_name(model: str) -> str:
    """Return a model's name without folders and file suffix."""
    return PurePath(model).name.removesuffix(".gguf")
