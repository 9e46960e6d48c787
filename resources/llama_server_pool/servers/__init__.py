"""One server over HTTP: asking it, streaming its answer, its type, and what went wrong.

May touch `resources.generation` and the endpoint's configuration. Knows no other server, no batch
and no endpoint state: what a fault leads to is decided in `health` and `dispatch`. What is peculiar
to one server software stands in its file in `types`, and only there.
"""
