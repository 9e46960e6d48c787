"""The row classes, the single definition of every table, and their Arrow schemas.

A rule about several rows belongs to `integrity`; reading and writing files to `resources.storage`.

May touch nothing else of this project.
"""
