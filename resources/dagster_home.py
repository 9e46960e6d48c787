"""Dagster's storages with folders that are relative to the home of the instance.

Those of Dagster begin in the working folder of each process: a back-fill that `cron` starts would
make a new history wherever it was started. Here a relative `base_dir` begins in `DAGSTER_HOME`,
which holds the `dagster.yaml` that names it. Files are the same, so that an instance can go from
one class to the other and back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.root import LocalArtifactStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._serdes import ConfigurableClassData


def below_home(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a storage, its folder in full.

    Args:
        config: As it stands in `dagster.yaml`; `base_dir` is the folder.
    """
    # Without a home, as of an instance that a test makes, the working folder is as good as any.
    home = Path(os.environ.get("DAGSTER_HOME", ""))
    return {**config, "base_dir": str((home / config["base_dir"]).absolute())}


class RunsBelowHome(SqliteRunStorage):
    """The runs of an instance."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> RunsBelowHome:
        """Return the storage that `dagster.yaml` describes."""
        return cls.from_local(inst_data=inst_data, **below_home(config_value))


class SchedulesBelowHome(SqliteScheduleStorage):
    """The ticks of schedules and sensors of an instance."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> SchedulesBelowHome:
        """Return the storage that `dagster.yaml` describes."""
        made = cls.from_local(inst_data=inst_data, **below_home(config_value))
        return cast("SchedulesBelowHome", made)  # Dagster names its own class


class ArtifactsBelowHome(LocalArtifactStorage):
    """The values that steps of an instance hand on, and the files of its daemon."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> ArtifactsBelowHome:
        """Return the storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **below_home(config_value))


class LogsBelowHome(LocalComputeLogManager):
    """What the steps of an instance print."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> LogsBelowHome:
        """Return the storage that `dagster.yaml` describes."""
        return cls(inst_data=inst_data, **below_home(config_value))
