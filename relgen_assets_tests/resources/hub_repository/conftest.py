"""A pretended Hub for each test, and a client that uploads over HTTP as it can be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import huggingface_hub.constants
import pytest

from relgen_assets_tests.fakes.hub import FakeHub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with FakeHub() as running:
        yield running
