"""One batch on its way: ledger lookup, queue, endpoint, answer or fault, ledger write, caller.

Which endpoint takes a request is `scheduling`'s to say, whether an endpoint may work is `health`'s.

May touch `scheduling`, `health`, `servers`, `endpoint`, `policy` and `reports`; outside the pool
`resources.generation`, `resources.generation_ledger`, `resources.progress` and `resources.errors`.
"""
