"""The README as its reader uses it: each command run, in the order written, in one folder.

`document` finds what there is to do, `reader` does it. Only models are fake here: servers are real
sockets on loopback, commands are processes.
"""
