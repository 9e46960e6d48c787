"""The state of each endpoint over time; the only writer of that state.

`states` defines the states, `endpoint_state` writes them, `monitor` looks after one endpoint,
`supervisor` holds them all. Where a request goes, and what happens to one that failed, is decided
elsewhere.

May touch `servers`, `endpoint`, `policy`, `reports` and `scheduling`, to which it reports the
available slots; outside the pool `resources.generation` and `resources.errors`.
"""
