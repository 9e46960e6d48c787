"""What a run may set for itself: the options that the launchpad offers for an asset.

Most options replace a setting for one run, with the description and the bounds of that setting.
Dagster knows no bounds: it would look at them when the step begins, after the steps before it have
done their work. So every option is a config type that checks its value when the run is launched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin

import dagster as dg
from pydantic import BaseModel, Field, ValidationError

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.settings import Section
from resources.llama_server_pool.endpoint import Endpoint, remaining_endpoints

SectionT = TypeVar("SectionT", bound=Section)

FURTHER_ATTEMPTS = "further_attempts"
LEAVE_OUT = "leave_out_endpoints"


class _ServerOptions(BaseModel):
    """Options of assets that send requests, beside those that replace a setting."""

    further_attempts: int = Field(
        default=0,
        ge=0,
        description="Attempts to add where the stored answer cannot be used, up to the setting"
        " extractions.max_attempts.",
    )


@dataclass(frozen=True, slots=True)
class RunOptions(Generic[SectionT]):
    """The options of one step.

    Attributes:
        settings: The section of the settings, with what this run replaces.
        replaced: What differs from the settings, by name of the option.
        further_attempts: Attempts to add where the stored answer cannot be used.
        leave_out: Names of the endpoints that take no part.
    """

    settings: SectionT
    replaced: Mapping[str, Any] = field(default_factory=dict[str, Any])
    further_attempts: int = 0
    leave_out: frozenset[str] = frozenset()

    @property
    def differs(self) -> dict[str, Any]:
        """What this run does not do as the settings say, by name of the option."""
        left_out = {LEAVE_OUT: sorted(self.leave_out)} if self.leave_out else {}
        return {**self.replaced, **left_out}

    def metadata(self, names: Sequence[str]) -> dict[str, Any]:
        """Return metadata: the values that count, and which of them are not those of the settings.

        Args:
            names: The options that replace settings.
        """
        options = {name: getattr(self.settings, name) for name in names}
        if self.further_attempts:
            options[FURTHER_ATTEMPTS] = self.further_attempts
        return {"options": options} | (
            {"differs_from_settings": self.differs} if self.differs else {}
        )


class _Checked(dg.Noneable):
    """A config type with a check of its own; `None` stands for the project's setting."""

    def __init__(self, inner: Any, check: Callable[[Any], object]) -> None:
        super().__init__(inner)
        self._check = check

    def post_process(self, value: Any) -> Any:
        """Return a value that passed the check; Dagster calls this when a run is launched.

        Raises:
            ConfigurationError: The value is not accepted.
        """
        if value is not None:
            self._check(value)
        return value


def setting_options(
    asset: str, section_name: str, section: Section, names: Sequence[str]
) -> dict[str, dg.Field]:
    """Return options that replace settings, with their values, descriptions and bounds.

    The launchpad begins with the values of the settings, so that people see what they change.

    Args:
        asset: The asset, for messages.
        section_name: Name of the section in the settings.
        section: The section.
        names: Keys of the section.
    """
    return {
        name: _option(
            asset,
            type(section),
            name,
            default=getattr(section, name),
            beside=section.model_dump(exclude_unset=True),
            note=f"By default the setting {section_name}.{name}.",
        )
        for name in names
    }


def server_options(asset: str, endpoints: Sequence[Endpoint]) -> dict[str, dg.Field]:
    """Return the options of an asset that sends requests.

    Args:
        asset: The asset, for messages.
        endpoints: The configured endpoints.
    """
    known = ", ".join(one.name for one in endpoints) or "none"
    return {
        FURTHER_ATTEMPTS: _option(asset, _ServerOptions, FURTHER_ATTEMPTS, default=0),
        LEAVE_OUT: dg.Field(
            _Checked([str], lambda names: remaining_endpoints(endpoints, names)),
            default_value=[],
            is_required=False,
            description=f"Endpoints that take no part in this run. Configured: {known}.",
        ),
    }


def read_options(context: dg.AssetExecutionContext, section: SectionT) -> RunOptions[SectionT]:
    """Return the options of a step.

    Args:
        context: The step.
        section: The section of the settings that options may replace.
    """
    given = dict(context.op_execution_context.op_config)
    further = given.pop(FURTHER_ATTEMPTS, None) or 0
    leave_out = frozenset(given.pop(LEAVE_OUT, None) or ())
    replaced = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(section, name)
    }
    options = RunOptions(section.model_copy(update=replaced), replaced, further, leave_out)
    if options.differs:
        context.log.warning("This run differs from the settings: %s", options.differs)
    return options


def _option(
    asset: str,
    section: type[BaseModel],
    name: str,
    *,
    default: object,
    beside: Mapping[str, Any] = MappingProxyType({}),
    note: str = "",
) -> dg.Field:
    setting = section.model_fields[name]

    def check(value: object) -> None:
        try:
            section.model_validate({**beside, name: value})
        except ValidationError as error:
            message = "; ".join(fault["msg"] for fault in error.errors(include_url=False))
            raise ConfigurationError(
                f"{message} (given: {value!r}).",
                where=f"asset {asset}, option {name}",
                remedy=f"Change it in the launchpad. {note}".strip(),
            ) from None

    return dg.Field(
        _Checked(_config_type(name, setting.annotation), check),
        default_value=default,
        is_required=False,
        description=f"{setting.description} {note}".strip(),
    )


def _config_type(name: str, annotation: Any) -> Any:
    """Return Dagster's type for the annotation of a setting."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return dg.Enum(name, [dg.EnumValue(value) for value in arguments])
    if origin is Union or len(arguments) == 2:  # `int | None`
        return next(one for one in arguments if one is not type(None))
    return annotation
