"""One server over HTTP: asking it, streaming its answer, its dialect, and what went wrong.

Knows no other server, no batch and no endpoint state: what a fault leads to is decided in `health`
and `dispatch`.

May touch `endpoint` and `resources.generation`.
"""
