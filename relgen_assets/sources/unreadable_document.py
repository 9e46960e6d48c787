"""Why a file is no article of its format."""


class Unreadable(ValueError):
    """A file is not of the format that its extension names; the message says in what."""
