"""Measures the generation ledger: answers recorded and found per second, and its size.

Run it as `python -m benchmarks.ledger`, with `--url postgresql+psycopg2://user@host/empty_db` and
`--password-env VARIABLE` for PostgreSQL. Prompts have the size of real ones: a system prompt of
2,000 characters and a chunk of 4,500 characters of random scientific words.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable

from resources.generation import Generation, GenerationRequest, Sampling
from resources.generation_ledger.ledger import GenerationLedger

MODEL = "benchmark"
SYLLABLES = ("an", "ther", "mo", "dy", "nam", "ics", "pro", "te", "cell", "ul", "ar", "ion", "wave")


def request(number: int, words: list[str]) -> GenerationRequest:
    """Return a request with a prompt of its own."""
    draw = random.Random(number)
    chunk = " ".join(draw.choices(words, k=700))[:4500]
    return GenerationRequest(
        subject=f"paper-{number // 8}#{number % 8:04d}",
        task="extraction",
        messages=(
            {"role": "system", "content": " ".join(words[:400])[:2000]},
            {"role": "user", "content": chunk},
        ),
        sampling=Sampling(temperature=0.2, max_tokens=700, seed=0),
        prompt_tokens=1500,
        json_schema={"type": "object", "properties": {"list_of_entities": {"type": "array"}}},
        labels={"run_id": "benchmark", "partition": f"papers-{number // 160:05d}"},
    )


def answer(one: GenerationRequest) -> Generation:
    """Return an answer of 1,000 characters."""
    text = one.messages[1]["content"][:1000]
    return Generation(one.subject, text, "stop", MODEL, "gpu-1", 1500, 0, 250, 12.5)


def timed(act: Callable[[], object]) -> float:
    """Return the seconds an act takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def in_threads(act: Callable[[int], None], threads: int) -> None:
    """Run an act in several threads at once."""
    running = [threading.Thread(target=act, args=(number,)) for number in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()


def measure(ledger: GenerationLedger, count: int) -> None:
    """Print one line per measurement."""
    draw = random.Random(0)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(5_000)]
    requests = [request(number, words) for number in range(count + 800)]
    pairs = [(one, answer(one)) for one in requests]
    bulk, single, threaded = pairs[:count], pairs[count : count + 400], pairs[count + 400 :]
    groups = [bulk[start : start + 100] for start in range(0, count, 100)]

    def record_groups() -> None:
        for group in groups:
            ledger.record(group)

    def record_singly() -> None:
        for pair in single:
            ledger.record([pair])

    def record_part(thread: int) -> None:
        for pair in threaded[thread::8]:
            ledger.record([pair])

    _ = ledger.engine
    lines = [
        ("recorded in groups of 100", count, timed(record_groups)),
        ("recorded one by one", len(single), timed(record_singly)),
        (
            "recorded one by one, 8 threads",
            len(threaded),
            timed(lambda: in_threads(record_part, 8)),
        ),
        ("recorded again (known)", count, timed(record_groups)),
        ("looked up, all known", count, timed(lambda: ledger.lookup(requests[:count], MODEL))),
        ("looked up, none known", count, timed(lambda: ledger.lookup(requests[:count], "other"))),
    ]
    for name, number, seconds in lines:
        print(f"| {name} | {number} | {seconds:.2f} s | {number / seconds:,.0f} per second |")
    stats = ledger.stats()
    per_call = stats.size_bytes / len(pairs)
    print(f"| size | {len(pairs)} | {stats.size_bytes / 1e6:.1f} MB | {per_call:,.0f} bytes each |")


def main() -> None:
    """Measure the ledger named on the command line, or a new one in SQLite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="an empty database; SQLite in a temporary folder without")
    parser.add_argument("--password-env", help="variable that holds the database password")
    parser.add_argument("--count", type=int, default=5_000, help="answers in the bulk measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{folder}/ledger.db"
        ledger = GenerationLedger(url=url, password_env=options.password_env)
        print(f"| {ledger.database.where.partition(':')[0]} | calls | time | rate |")
        print("|---|---|---|---|")
        measure(ledger, options.count)
        ledger.close()


if __name__ == "__main__":
    main()
