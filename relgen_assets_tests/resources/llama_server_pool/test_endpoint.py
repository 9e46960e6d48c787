"""The address of a server as people write it: corrected where that is plain, else refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from resources.llama_server_pool.endpoint import Endpoint

PLAIN = "http://10.0.0.5:8080"


@pytest.mark.parametrize(
    "end",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/chat/completions",
        "/v1/chat/completions/",
        "/chat/completions",
        "/v1/completions",
        "/v1/models",
        " ",
        "\n",
    ],
)
def test_what_was_copied_with_an_address_is_left_out(end: str) -> None:
    assert Endpoint(name="a", url=f" {PLAIN}{end}").url == PLAIN


@pytest.mark.parametrize("path", ["/llm", "/api/v1beta", "/v1/models-of-mine", "/v2"])
def test_a_path_of_its_own_is_kept(path: str) -> None:
    assert Endpoint(name="a", url=f"{PLAIN}{path}/v1/").url == PLAIN + path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://gpu 0:8080", "spaces"),
        ("http://gpu-0:8080/my server", "spaces"),
        ("http://gpu-0:8080/v1\nhttp://gpu-1:8080", "spaces or line breaks"),
        ("http://gpu-0:8080/v1?token=x", "without ? and #"),
        ("http://gpu-0:8080/#here", "without ? and #"),
        ("gpu-0:8080", "needs a scheme"),
        ("http://", "needs a scheme and a host"),
    ],
)
def test_an_address_that_cannot_work_is_refused_at_load_time(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("?", r"\?")):
        Endpoint(name="a", url=url)
