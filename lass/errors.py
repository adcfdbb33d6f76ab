"""The one exception that users are meant to read."""

import sys
from collections.abc import Callable


class LassError(Exception):
    """A fault in data, options or files. Its message is one line: what, where, and the way out."""


def run(main: Callable[[], None], name: str) -> None:
    """Call ``main`` of the program ``name``; a LassError becomes one line and exit code 1, an interrupt code 130."""
    try:
        main()
    except LassError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
