"""A client that spreads a batch with litellm's Router; runs in litellm's own environment.

Reads one JSON object from standard input and writes one to standard output. It imports nothing of
this project.
"""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import litellm


async def run(order: dict[str, Any]) -> dict[str, Any]:
    """Run the batch of an order: `models`, `strategy`, `concurrency`, `prompts`, `max_tokens`."""
    router = litellm.Router(
        model_list=order["models"],
        routing_strategy=order["strategy"],
        timeout=order["timeout"],
    )
    turn = asyncio.Semaphore(order["concurrency"])
    errors: list[str] = []

    async def ask(prompt: str) -> str | None:
        async with turn:
            try:
                answer = await router.acompletion(
                    model="pool",
                    messages=[{"role": "user", "content": prompt}],
                    max_tokens=order["max_tokens"],
                    temperature=0.0,
                )
            # Whatever it raises is a lost request, and told.
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}"[:300])
                return None
            return str(answer.choices[0].message.content)

    began = time.perf_counter()
    answers = await asyncio.gather(*(ask(prompt) for prompt in order["prompts"]))
    return {"seconds": time.perf_counter() - began, "answers": answers, "errors": errors}


def main() -> None:
    """Run the order on standard input."""
    litellm.suppress_debug_info = True
    result = asyncio.run(run(json.load(sys.stdin)))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
