"""Hostile and broken answers, as bytes on the wire: each has stopped or robbed a batch somewhere.

They were seen on real servers and gateways, or follow from what a server is free to send.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relgen_assets_tests.fakes.connection import COMPLETIONS
from relgen_assets_tests.fakes.state import RawAnswer

DEEP = b"[" * 100_000
LONG_NUMBER = b"9" * 5000
_PROPS = {
    "total_slots": 2,
    "default_generation_settings": {"n_ctx": 8192},
    "model_alias": "fake-model",
}


@dataclass(frozen=True)
class Hostile:
    """One behaviour.

    Attributes:
        name: What the server does.
        path: Where it does that; elsewhere it answers honestly.
        answer: Its answer there.
        dialect: The software that has such a page.
    """

    name: str
    path: str
    answer: bytes
    dialect: str = "llama_cpp"

    def raw(self) -> RawAnswer:
        """Return the behaviour as a fake server takes it."""
        return lambda path, _: self.answer if path == self.path else None


def http(
    body: bytes,
    kind: str = "application/json",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a whole HTTP answer."""
    lines = [
        f"HTTP/1.1 {status} -",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def stream(*events: bytes | dict[str, Any], kind: str = "text/event-stream") -> bytes:
    """Return a stream of these events; a dict is one with this JSON."""
    data = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in events]
    return http(b"".join(b"data: " + one + b"\n\n" for one in data), kind)


def delta(content: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    """Return one chunk of a completion."""
    words = {} if content is None else {"content": content}
    return {"choices": [{"index": 0, "delta": {**words, **more}, "finish_reason": finish}]}


def answer_with(last: bytes, finish: Any = "stop") -> bytes:
    """Return a good answer whose last event has these bytes of JSON beside its choices."""
    return stream(
        delta("a good answer"), delta(finish=finish), b'{"choices":[],' + last + b"}", b"[DONE]"
    )


def props(**changes: Any) -> bytes:
    """Return the properties of a llama-server, changed; text that is not JSON stays as it is."""
    return http(json.dumps({**_PROPS, **changes}).encode())


def _usages() -> list[Hostile]:
    counts = {
        "NaN": b'"usage":{"prompt_tokens":NaN,"completion_tokens":3}',
        "Infinity": b'"usage":{"prompt_tokens":Infinity,"completion_tokens":3}',
        "1e999": b'"usage":{"prompt_tokens":1e999,"completion_tokens":3}',
        "negative": b'"usage":{"prompt_tokens":-5,"completion_tokens":3}',
        "3.5": b'"usage":{"prompt_tokens":3.5,"completion_tokens":3}',
        "text": b'"usage":{"prompt_tokens":"300","completion_tokens":3}',
        "10^30": b'"usage":{"prompt_tokens":1' + b"0" * 30 + b',"completion_tokens":3}',
        "completion 10^12": b'"usage":{"prompt_tokens":3,"completion_tokens":1000000000000}',
        "5,000 digits": b'"usage":{"prompt_tokens":' + LONG_NUMBER + b"}",
        "true": b'"usage":{"prompt_tokens":true,"completion_tokens":3}',
        "a list": b'"usage":[1,2]',
        "an object inside": b'"usage":{"prompt_tokens":{"n":3}}',
        "cached as text": b'"usage":{"prompt_tokens":3,"prompt_tokens_details":'
        b'{"cached_tokens":"2"}}',
        "details as a list": b'"usage":{"prompt_tokens":3,"prompt_tokens_details":[2]}',
    }
    return [
        Hostile(f"usage: {name}", COMPLETIONS, answer_with(how)) for name, how in counts.items()
    ]


def _timings() -> list[Hostile]:
    values = {
        "NaN": b"NaN",
        "infinite": b"Infinity",
        "10^300": b"1e300",
        "negative": b"-1.5",
        "text": b'"12"',
        "a list": b"[1]",
    }
    made = {
        name: b'"timings":{"prompt_ms":' + value + b',"predicted_ms":' + value + b"}"
        for name, value in values.items()
    }
    made["as a list"] = b'"timings":[1]'
    return [
        Hostile(f"timings: {name}", COMPLETIONS, answer_with(how)) for name, how in made.items()
    ]


def _streams() -> list[Hostile]:
    good = delta("half an answer")
    answers = {
        "finish reason 5": stream(good, delta(finish=5), b"[DONE]"),
        "finish reason {}": stream(good, delta(finish={}), b"[DONE]"),
        "finish reason abort": stream(good, delta(finish="abort"), b"[DONE]"),
        "finish reason content_filter": stream(good, delta(finish="content_filter"), b"[DONE]"),
        "no finish reason, no [DONE]": stream(good, delta(finish=None)),
        "an event that is a list": stream(good, b"[1,2]", b"[DONE]"),
        "an event that is a number": stream(good, b"7", b"[DONE]"),
        "an event nested 100,000 deep": stream(good, b'{"choices":' + DEEP, b"[DONE]"),
        "a closed event nested 100,000 deep": stream(good, b'{"a":' + DEEP + b"}", b"[DONE]"),
        "choices as text": stream({"choices": "none"}, b"[DONE]"),
        "a choice that is a number": stream({"choices": [3]}, b"[DONE]"),
        "content that is a number": stream(delta(5), b"[DONE]"),
        "a delta that is a list": stream({"choices": [{"delta": [1]}]}, b"[DONE]"),
        "another model": stream(
            {**good, "model": "tinyllama-1.1b"}, delta(finish="stop"), b"[DONE]"
        ),
        "a model that is a number": stream({**good, "model": 7}, delta(finish="stop"), b"[DONE]"),
        "JSON with a choice that is null": http(b'{"choices":[null]}'),
        "JSON nested 100,000 deep": http(DEEP),
        "JSON that was never finished": http(
            b'{"choices":[{"message":{"content":"half"},"finish_reason":null}]}'
        ),
        "a line of two megabytes": http(b"data: " + b"x" * 2_000_000, "text/event-stream"),
        "an error body nested 100,000 deep": http(DEEP, status=500),
        "an n_ctx of 5,000 digits in an error": http(
            b'{"error":{"message":"request exceeds the context, n_ctx: ' + LONG_NUMBER + b'"}}',
            status=500,
        ),
        "charset=utf-16": http(
            "data: {}\n\n".encode("utf-16"), "text/event-stream; charset=utf-16"
        ),
        "an unknown charset over garbage": http(
            b"\xff\xfe\x00", "application/json; charset=klingon"
        ),
        "gzip that is none": http(b"not packed", headers={"Content-Encoding": "gzip"}),
        "an encoding that no one asked for": http(b"x", headers={"Content-Encoding": "br"}),
    }
    return [Hostile(name, COMPLETIONS, answer) for name, answer in answers.items()]


def _properties() -> list[Hostile]:
    slots: list[Any] = ["four", 2.5, 10**12, [2], float("nan"), {}, "4", -1, True]
    changes: dict[str, dict[str, Any]] = {
        f"total_slots {value!r}": {"total_slots": value} for value in slots
    }
    sizes: list[Any] = ["big", [1], "8192", float("inf"), 10**30, -4]
    for value in sizes:
        changes[f"n_ctx {value!r}"] = {"default_generation_settings": {"n_ctx": value}}
    aliases: list[Any] = [["x"], 7, {}, True, "x" * 5000]
    for alias in aliases:
        changes[f"model_alias {str(alias)[:9]}"] = {"model_alias": alias}
    changes["settings as a list"] = {"default_generation_settings": [1]}
    answers = {name: props(**change) for name, change in changes.items()}
    bomb = gzip.compress(b" " * 64_000_000, compresslevel=1)
    answers["/props nested 100,000 deep"] = http(DEEP)
    answers["/props with a 5,000-digit number"] = http(b'{"total_slots":' + LONG_NUMBER + b"}")
    answers["a gzip bomb in /props"] = http(bomb, headers={"Content-Encoding": "gzip"})
    return [Hostile(name, "/props", answer) for name, answer in answers.items()]


def _model_lists() -> list[Hostile]:
    answers = {
        "/v1/models nested 100,000 deep": DEEP,
        "/v1/models with id null": b'{"data":[{"id":null,"owned_by":"vllm"}]}',
        "/v1/models with id 5": b'{"data":[{"id":5,"owned_by":"vllm"}]}',
        "/v1/models with data as text": b'{"data":"none"}',
        "max_model_len '8k'": b'{"data":[{"id":"fake-model","owned_by":"vllm",'
        b'"max_model_len":"8k"}]}',
    }
    return [Hostile(name, "/v1/models", http(how), "vllm") for name, how in answers.items()]


HOSTILE: tuple[Hostile, ...] = (
    *_usages(),
    *_timings(),
    *_streams(),
    *_properties(),
    *_model_lists(),
)
"""Every behaviour; each is a fault of the server that shows it."""
