"""The configuration of a server: its address, kind, capacity, power draw, and where its key is.

Configuration only: discovering what it leaves open, and talking to the server, belong to `servers`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from resources.errors import ConfigurationError
from resources.path_settings import LeadsTo

_API_PATH = re.compile(r"(?:/v1)?(?:/chat/completions|/completions|/models)?/*$")
"""What people copy from an example request along with the address of the server."""
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
_HEADER_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
_OF_THE_REQUEST = frozenset(
    {"messages", "model", "stream", "max_tokens", "temperature", "top_p", "seed", "response_format"}
)
"""What is in the key of an answer, or decides how it is read."""


class EndpointKind(str, Enum):
    """The class of hardware behind an endpoint; used for reports and plans, not for policy."""

    gpu = "gpu"
    arm = "arm"
    cpu = "cpu"


class Dialect(str, Enum):
    """The server software, as users name it; `auto` asks the server.

    Each one but `auto` has a file in `servers/types`.
    """

    auto = "auto"
    llama_cpp = "llama_cpp"
    llama_cpp_python = "llama_cpp_python"
    vllm = "vllm"
    ollama = "ollama"
    llama_swap = "llama_swap"
    sglang = "sglang"
    tgi = "tgi"
    lm_studio = "lm_studio"
    rkllm = "rkllm"
    openai = "openai"


class Thinking(str, Enum):
    """Whether a model is to think before it answers; `auto` leaves that to the server."""

    auto = "auto"
    on = "on"
    off = "off"


class Endpoint(BaseModel):
    """One OpenAI-compatible server of the pool."""

    model_config = ConfigDict(extra="forbid")  # a misspelt key is an error, not a default

    name: str = Field(description="Unique name, shown in reports and stored with every answer.")
    url: str = Field(description="Base URL with scheme, e.g. http://10.0.0.5:8080.")
    kind: EndpointKind = Field(default=EndpointKind.gpu, description="Hardware: gpu, arm or cpu.")
    dialect: Dialect = Field(
        default=Dialect.auto, description="Server software; `auto` asks the server."
    )
    slots: int | None = Field(
        default=None, ge=1, description="Parallel requests; by default the server is asked."
    )
    context: int | None = Field(
        default=None,
        ge=256,
        description="Context of one slot in tokens; by default the server is asked.",
    )
    model: str | None = Field(
        default=None, description="Model name to send; by default the pool's."
    )
    api_key_env: str | None = Field(
        default=None, description="Name of the environment variable that holds the API key."
    )
    api_key_file: Annotated[str | None, LeadsTo.place] = Field(
        default=None,
        description="File that holds the API key and nothing else, such as a secret of docker or"
        " Kubernetes.",
    )
    watts: float = Field(
        default=0.0, ge=0, description="Power drawn while busy, for energy accounting."
    )
    prefill_rate: float | None = Field(
        default=None,
        gt=0,
        description="First guess of prompt tokens/s of one slot; learned from then on.",
    )
    decode_rate: float | None = Field(
        default=None,
        gt=0,
        description="First guess of answer tokens/s of one slot; learned from then on.",
    )
    thinking: Thinking = Field(
        default=Thinking.auto,
        description="Whether the model thinks before it answers: `auto` leaves it to the server.",
    )
    reasoning_tokens: int = Field(
        default=1024,
        ge=0,
        le=1_000_000,
        description="Tokens for thoughts, on top of the answer's, where the model thinks.",
    )
    aliases: list[str] = Field(
        default_factory=list,
        description="Further names of the model that its answers may carry.",
    )
    headers: dict[str, str] = Field(
        default_factory=dict,
        description="Further HTTP headers; a value `$NAME` is read from the environment.",
    )
    extra_body: dict[str, Any] = Field(
        default_factory=dict, description="Further members of every request's JSON."
    )
    ca: Annotated[str | None, LeadsTo.place] = Field(
        default=None, description="File with the certificate of a private authority (PEM)."
    )
    verify: bool = Field(default=True, description="Whether to verify the server's certificate.")

    @field_validator("headers")
    @classmethod
    def _headers_are_plain(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.match(name) or not text.isascii() or not text.isprintable():
                raise ValueError(f"{name[:40]!r} is no HTTP header on one line of ASCII")
        return value

    @field_validator("extra_body")
    @classmethod
    def _body_keeps_the_request(cls, value: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(set(value) & _OF_THE_REQUEST)
        if taken:
            raise ValueError(f"{', '.join(taken)} belongs to the request and cannot be set here")
        return value

    @field_validator("name")
    @classmethod
    def _name_is_plain(cls, value: str) -> str:
        if not _NAME.match(value):
            raise ValueError("a name may contain only letters, digits, '.', '_' and '-'")
        return value

    @field_validator("url")
    @classmethod
    def _url_has_scheme(cls, value: str) -> str:
        value = value.strip()
        if re.search(r"\s", value):
            raise ValueError("a URL cannot contain spaces or line breaks")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a URL needs a scheme and a host, e.g. http://10.0.0.5:8080")
        if parts.username or parts.password:
            raise ValueError(
                "a URL must not contain a user or password; set `api_key_env` or `api_key_file`"
            )
        if parts.query or parts.fragment:
            raise ValueError("a URL must end with its path, without ? and #")
        return _API_PATH.sub("", value.rstrip("/"))

    @property
    def key_place(self) -> str | None:
        """Where the key of the server is, for messages; `None` if it has none."""
        if self.api_key_env is not None:
            return f"the variable {self.api_key_env}"
        return None if self.api_key_file is None else f"the file {self.api_key_file}"


EndpointT = TypeVar("EndpointT", bound=Endpoint)


def read_endpoints(given: Sequence[Endpoint | Mapping[str, Any]]) -> list[Endpoint]:
    """Return endpoints from plain values.

    Raises:
        ConfigurationError: A field is missing, unknown or wrong; the message names the endpoint and
            the field.
    """
    endpoints: list[Endpoint] = []
    for number, one in enumerate(given, start=1):
        if isinstance(one, Endpoint):
            endpoints.append(one)
            continue
        try:
            endpoints.append(Endpoint(**one))
        except ValidationError as error:
            name = one.get("name", f"number {number}")
            faults = "; ".join(_explain(fault) for fault in error.errors(include_url=False))
            raise ConfigurationError(f"{faults}.", where=f"endpoint {name!r}") from error
    return endpoints


def remaining_endpoints(
    endpoints: Sequence[EndpointT], left_out: Collection[str]
) -> list[EndpointT]:
    """Return the endpoints without those left out by name.

    Raises:
        ConfigurationError: A name is unknown, or no endpoint would remain.
    """
    names = [one.name for one in endpoints]
    unknown = sorted(set(left_out) - set(names))
    if unknown:
        raise ConfigurationError(
            f"there is no endpoint {', '.join(map(repr, unknown))} to leave out.",
            where="endpoints to leave out",
            remedy=f"Configured are: {', '.join(names)}."
            if names
            else "None is configured, and the embedded server cannot be left out.",
        )
    remaining = [one for one in endpoints if one.name not in left_out]
    if left_out and not remaining:
        raise ConfigurationError(
            "no endpoint would be left.",
            where="endpoints to leave out",
            remedy=f"Keep at least one of: {', '.join(names)}.",
        )
    return remaining


def _explain(fault: ErrorDetails) -> str:
    """Return the field, what is wrong with it, and the value it was given."""
    field = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"field {field}: unknown; accepted are {', '.join(Endpoint.model_fields)}"
    if fault["type"] == "missing":
        return f"field {field}: missing"
    given = "" if "@" in str(fault["input"]) else f" (given: {fault['input']!r})"
    return f"field {field}: {fault['msg']}{given}"
