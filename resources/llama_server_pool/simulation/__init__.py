"""The policy in simulated time: simulated servers, workloads, lower bounds and estimates.

A rule of the policy does not belong here: the simulation runs the one in `scheduling`, so that what
is simulated is what runs.

May touch `scheduling` and `resources.errors`.
"""
