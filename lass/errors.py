"""The one exception that users are meant to read."""


class LassError(Exception):
    """A fault in data, options or files. Its message is one line: what, where, and the way out."""
