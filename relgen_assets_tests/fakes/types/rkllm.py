"""The answers of a server of RKLLM."""

from __future__ import annotations

from relgen_assets_tests.fakes.fake_type import FakeType, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeRkllm(FakeType):
    """Lists its model and tells nothing else."""

    dialect = Dialect.rkllm
    owner = "rkllm"
    tells_context = False
