"""The row classes, the single definition of every table, and their Arrow schemas.

May touch nothing else of this project. Reading and writing files belongs to `resources`.
"""
