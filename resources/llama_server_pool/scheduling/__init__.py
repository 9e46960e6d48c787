"""The policy: which endpoint takes which request when, and how long it will take.

The caller says what happened and what time it is, so the same objects work on real servers and in
the simulation: no clock, no sockets, no asyncio.

May touch nothing but its own modules.
"""
