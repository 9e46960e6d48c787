"""Benchmark 2: one batch in real time over fake HTTP servers, beside other balancers.

300 requests whose answers have 60 to 400 tokens, on servers with 4, 2 and 1 slots; the slots of the
first two are equally fast, that of the third has 0.117 of their speed. No balancer is told how long
answers will be. Each balancer runs the same batches on freshly started servers. The time is from
the first request to the last answer; for the pool it contains the discovery of the servers.

    python -m benchmarks.balancers --peers-folder /tmp/peers

`benchmarks/peers/setup.sh` installs the others; what is not installed is listed as such.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median

from benchmarks.batch import Batch, Measured, fleet_of, total_slots
from benchmarks.fake_server import ServerSpec, running
from benchmarks.machine import machine_line
from benchmarks.peers.haproxy import HAProxy
from benchmarks.peers.litellm_router import LitellmRouter
from benchmarks.peers.own_pool import OwnPool
from benchmarks.peers.peer import Peer
from benchmarks.peers.vllm_router import VllmRouter

MANY_CLIENTS = 64


def all_peers(folder: Path, slots: int) -> dict[str, Peer]:
    """Every balancer, by the name it has on the command line."""
    return {
        "pool": OwnPool(),
        "pool-known": OwnPool(lengths_known=True),
        "haproxy": HAProxy(slots),
        "haproxy-many": HAProxy(MANY_CLIENTS),
        "litellm-weights": LitellmRouter(folder, "simple-shuffle", slots, weighted=True),
        "litellm-latency": LitellmRouter(folder, "latency-based-routing", slots),
        "litellm-least-busy": LitellmRouter(folder, "least-busy", slots),
        "vllm-router": VllmRouter(folder, slots),
        "litellm-shuffle": LitellmRouter(folder, "simple-shuffle", slots),
    }


def measure(
    peer: Peer, fleet: Sequence[ServerSpec], requests: int, seeds: Sequence[int]
) -> Measured:
    """Run a batch for every seed through one balancer."""
    measured = Measured()
    for seed in seeds:
        batch = Batch.drawn(requests, seed)
        with running(fleet) as servers:
            measured.add(peer.run(servers, batch), batch, servers)
        sys.stderr.write(
            f"{peer.name}: {measured.ratios[-1]:.3f}, lost {measured.lost[-1]} of {requests}\n"
        )
    return measured


def row(peer: Peer, measured: Measured) -> str:
    """Return the line of the table for one balancer."""
    ratios = ", ".join(f"{one:.3f}" for one in measured.ratios)
    return (
        f"| {peer.name} | {median(measured.ratios):.3f} | {fmean(measured.ratios):.3f} "
        f"| {max(measured.ratios):.3f} | {ratios} | {sum(measured.lost)} "
        f"| {fmean(measured.waste):.1%} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-folder", type=Path, default=Path(tempfile.gettempdir()) / "peers")
    parser.add_argument("--speed", type=float, default=200.0, help="tokens per second of a slot")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="one run for each")
    parser.add_argument("--only", nargs="+", metavar="BALANCER", help="names; all when not given")
    options = parser.parse_args()
    fleet = fleet_of(options.speed)
    peers = all_peers(options.peers_folder, total_slots(fleet))
    if unknown := set(options.only or ()) - set(peers):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(peers)}")
    bound = Batch.drawn(options.requests, options.seeds[0]).bound(fleet)
    out = sys.stdout
    out.write(f"{machine_line()}\n{options.requests} requests, lower bound {bound:.1f} s. ")
    out.write("Makespan over the lower bound:\n\n")
    out.write("| balancer | median | mean | worst | runs | lost | tokens in vain |\n")
    out.write("|---|---|---|---|---|---|---|\n")
    for name in options.only or peers:
        peer, missing = peers[name], peers[name].missing()
        if missing is None:
            measured = measure(peer, fleet, options.requests, options.seeds)
            out.write(row(peer, measured) + "\n")
            for error, count in Counter(measured.errors).most_common(3):
                sys.stderr.write(f"  {count} x {error}\n")
        else:
            out.write(f"| {peer.name} | not installed ({missing}) | | | | | |\n")
        out.flush()
    out.write(f"\nAfterwards: {machine_line()}\n")


if __name__ == "__main__":
    main()
