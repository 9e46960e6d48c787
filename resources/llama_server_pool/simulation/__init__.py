"""The policy in simulated time: simulated servers, workloads, lower bounds and estimates.

May touch `scheduling` only, so that what is simulated is what runs.
"""
