"""litellm's Router with several strategies; the work is done by `litellm_client`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.batch import Batch, Run
from benchmarks.fake_server import MAX_TOKENS, MODEL, ServerProcess
from benchmarks.peers.peer import REQUEST_SECONDS


class LitellmRouter:
    """litellm's Router in the client.

    Args:
        folder: Where `setup.sh` has put the environments.
        strategy: One of litellm's routing strategies.
        concurrency: Requests open at once.
        weighted: Whether servers get weights of slots times speed.
    """

    def __init__(
        self, folder: Path, strategy: str, concurrency: int, *, weighted: bool = False
    ) -> None:
        weights = ", weights = slots x speed" if weighted else ""
        self.name = f"litellm {strategy}{weights}, {concurrency} clients"
        self._python = folder / "litellm" / "bin" / "python"
        self._strategy, self._weighted = strategy, weighted
        self._concurrency = concurrency

    def missing(self) -> str | None:
        """Return what is not installed, or `None`."""
        packages = self._python.parent.parent.glob("lib/python*/site-packages/litellm")
        return None if any(packages) else "the package litellm"

    def run(self, servers: Sequence[ServerProcess], batch: Batch) -> Run:
        """Run a batch with it."""
        order = {
            "models": [self._model(one) for one in servers],
            "strategy": self._strategy,
            "concurrency": self._concurrency,
            "prompts": batch.prompts,
            "max_tokens": MAX_TOKENS,
            "timeout": REQUEST_SECONDS,
        }
        done = subprocess.run(
            [str(self._python), str(Path(__file__).with_name("litellm_client.py"))],
            input=json.dumps(order),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        )
        return Run(**json.loads(done.stdout.splitlines()[-1]))

    def _model(self, server: ServerProcess) -> dict[str, Any]:
        values: dict[str, Any] = {
            "model": f"openai/{MODEL}",
            "api_base": f"{server.url}/v1",
            "api_key": "none",
        }
        if self._weighted:
            values["weight"] = server.spec.slots * server.spec.speed
        return {"model_name": "pool", "litellm_params": values}
