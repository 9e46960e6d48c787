"""The answers of a plain service with OpenAI's API, which are those of the base."""

from __future__ import annotations

from relgen_assets_tests.fakes.fake_type import FakeType, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeOpenAI(FakeType):
    """Lists its models and reports nothing else."""

    dialect = Dialect.openai
    tells_context = False
