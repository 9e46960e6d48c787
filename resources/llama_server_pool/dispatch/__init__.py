"""One batch on its way: ledger lookup, queue, endpoint, answer or fault, ledger write, caller.

May touch every wing of the pool but `embedded` and `simulation`; asks `scheduling`, uses `health`
and `servers`, and writes through the ledger.
"""
