"""The state of each endpoint over time; the only writer of that state.

`states` says which states there are, `endpoint_state` writes them, `monitor` looks after one
endpoint, `supervisor` holds them all. May touch `servers` and the scheduler, which it tells how
many slots there are. Not decided here: which request goes where, and what becomes of a request that
failed.
"""
