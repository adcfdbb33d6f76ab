"""HTML that shows text as it is: all that is not made here is escaped."""

import html
import re


class Markup(str):
    """Text that is HTML already."""


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. Children that are no ``Markup`` are escaped, and so is what attributes hold.

    Attributes: ``class_`` stands for ``class``, ``_`` in a name for ``-``; True gives the bare name, None and False
    leave it out.
    """
    return Markup(f"<{name}{_attributes(attributes)}>{''.join(map(escape, children))}</{name}>")


def void(name: str, /, **attributes: object) -> Markup:
    """An element that has no content, like ``<img>``."""
    return Markup(f"<{name}{_attributes(attributes)}>")


def escape(text: object) -> str:
    """Text for an element or a quoted attribute; control characters become blanks."""
    return text if isinstance(text, Markup) else html.escape(re.sub(r"[\x00-\x1f\x7f]+", " ", str(text)))


def _attributes(attributes: dict[str, object]) -> str:
    parts = []
    for name, value in attributes.items():
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(f" {name}")
        elif value is not None and value is not False:
            parts.append(f' {name}="{escape(str(value))}"')
    return "".join(parts)
