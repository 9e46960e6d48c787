"""One server software in one file: a class that fills in `server_type.ServerType`.

To add one, write a file here with a class under `@register`, and give `endpoint.Dialect` the name
users write. Nothing else lists the types: `registry` finds the file, and the tests run for every
registered type. They need a fake of it among the fake servers of the tests.
"""
