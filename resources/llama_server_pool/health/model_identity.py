"""Which model a pool serves: one name for all its servers, since answers are kept under it."""

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
        ConfigurationError: Two servers serve different models, or none says which.
    """
    if not all(endpoint.has_said_all for endpoint in endpoints):
        return None
    told = {
        endpoint.name: _plain(endpoint.facts.model)
        for endpoint in endpoints
        if endpoint.facts is not None and endpoint.facts.model
    }
    if len(set(told.values())) > 1:
        refuse_models(told)
    if not told and any(endpoint.tried_out for endpoint in endpoints):
        raise ConfigurationError(
            "no server says which model it serves.",
            where="pool.model",
            remedy="Name the model: answers are kept under its name.",
        )
    return next(iter(told.values()), None)


def refuse_other_model(facts: ServerFacts, model: str | None, endpoint: EndpointState) -> None:
    """Leave out a server that comes late and serves another model than the others.

    Args:
        facts: What the server says about itself.
        model: The model of the pool, once it is known.
        endpoint: The endpoint; one that names its model in the configuration is not checked.

    Raises:
        EndpointFault: The server names another model.
    """
    told = facts.model
    if model and told and endpoint.client.model is None and _plain(told) != model:
        detail = f"it serves the model {told!r}, the pool {model!r}"
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
        remedy="Give every server the same model, or name the common identity in pool.model.",
    )


def _plain(model: str) -> str:
    """Return a model's name without the folders and the suffix of its file."""
    return PurePath(model).name.removesuffix(".gguf")
