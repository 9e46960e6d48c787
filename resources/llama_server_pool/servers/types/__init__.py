"""One file for each server software, with a class that implements `server_type.ServerType`.

To add one, write a file here with a class under `@register`, and add the name users write to
`endpoint.Dialect`. Nothing else lists the types: `registry` finds the file, and the tests run for
every registered type. They need a fake of it among the fake servers of the tests.
"""
