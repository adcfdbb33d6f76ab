"""Markdown that shows text as it is: captions, names and commands are data, never markup."""

import html
import re
from collections.abc import Iterable, Sequence


def escape(text: object) -> str:
    """Text for one table cell or line: no HTML, no markup, no line break, no cell border."""
    line = re.sub(r"[\x00-\x1f\x7f]+", " ", str(text)).strip()
    return html.escape(re.sub(r"([\\`*_\[\]|~#$!])", r"\\\1", line), quote=False)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """A table of escaped cells; the first ``words`` columns are left-aligned, the others hold figures."""
    lines = [header, [":--" if column < words else "--:" for column in range(len(header))]]
    body = [[escape(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [*lines, *body])


def code(text: str) -> str:
    """A fenced block that no run of backticks in ``text`` can close."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"
