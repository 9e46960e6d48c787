"""The state of each endpoint over time; the only writer of that state.

`states` says which states there are, `endpoint_state` writes them, `monitor` looks after one
endpoint, `supervisor` holds them all. Where a request goes is not decided here, nor what becomes of
one that failed.

May touch `servers`, `endpoint`, `policy`, `reports` and `scheduling`, which it tells how many slots
there are; outside the pool `resources.generation` and `resources.errors`.
"""
