"""All fake types, found in `types`."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from relgen_assets_tests.fakes import types
from relgen_assets_tests.fakes.fake_type import REGISTERED, FakeType
from resources.llama_server_pool.endpoint import Dialect

for _module in pkgutil.iter_modules(types.__path__):
    import_module(f"{types.__name__}.{_module.name}")  # registers its class

FAKE_TYPES: Mapping[Dialect, FakeType] = REGISTERED
"""How each server software answers."""
