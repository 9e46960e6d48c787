"""What `relgen doctor` looks at: each module one area, each function one question.

A check yields findings and changes nothing: it makes no folder and no table, and asks servers for a
few tokens at most. Printing belongs to `cli.doctor`.

May touch everything below `cli`.
"""
