"""One batch on its way: ledger lookup, queue, endpoint, answer or fault, ledger write, caller.

`scheduling` decides which endpoint takes a request, `health` whether an endpoint may work.

May touch `scheduling`, `health`, `servers`, `endpoint`, `policy` and `reports`; outside the pool
`resources.generation`, `resources.generation_ledger`, `resources.progress` and `resources.errors`.
"""
