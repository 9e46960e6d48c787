"""One server over HTTP: asking it, streaming its answer, its type, and its faults.

Knows no other server, no batch and no endpoint state: `health` and `dispatch` decide what follows
from a fault. What is specific to one server software is in its file in `types`, and only there.

May touch `endpoint` and `headers`, and outside the pool `resources.generation`,
`resources.control_tokens`, `resources.redaction` and `resources.errors`.
"""
