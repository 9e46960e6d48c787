"""The state of each endpoint over time; the only writer of that state.

May touch `servers` and the scheduler, which it tells how many slots there are. Which request goes
where is not decided here, nor what becomes of a request that failed.
"""
