"""The policy in simulated time: simulated servers, workloads, lower bounds and estimates.

Rules of the policy do not belong here: the simulation runs the policy of `scheduling`, so what is
simulated is what runs.

May touch `scheduling` and `resources.errors`.
"""
