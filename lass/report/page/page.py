"""``index.html``: one page that opens from disk, with the scores, the figures and the sounds of an experiment.

Text is escaped where it becomes HTML (``markup``). Behind that stands a Content-Security-Policy that runs
no script and no style but the page's own, and loads nothing but files beside it (``file:`` stands for 'self' where
the page is opened from disk).
"""

import base64
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lass.report.page.markup import Markup, tag, void
from lass.report.plan import Figure

SCRIPT, STYLE = (Path(__file__).with_name(f"page.{suffix}").read_text(encoding="utf-8") for suffix in ("js", "css"))
ABOUT = (
    "Means over mixtures with their 95 % bootstrap interval; what each metric is stands below the table."
)
SOUNDS = (
    "Residual = mixture − estimate. Spectrograms: linear frequency, 80 dB below the maximum of the mixture. "
    "The players keep the levels of the files."
)

SORTING = (
    "The buttons in the header sort; the address of the page keeps the order: #sort=sdri, or #sort=-sdri for the "
    "highest first. Mixtures that can be played above are links."
)


@dataclass
class Section:
    """What the page says of a set."""

    name: str
    scores: tuple[Sequence[str], Sequence[Sequence[str]]]  # header and rows
    notes: Sequence[str]
    facts: Sequence[tuple[str, object]]  # where the scores come from
    commands: Sequence[str]
    figures: Sequence[Figure] = ()
    cards: Markup | None = None
    items: Markup | None = None


def page(name: str, sections: Sequence[Section], figures: Sequence[Figure]) -> str:
    """The whole document; ``figures`` are those of no set."""
    links = [tag("a", section.name, href=f"#set-{number}") for number, section in enumerate(sections, 1)]
    if figures:
        links.append(tag("a", "Training", href="#training"))
    body = [tag("header", tag("h1", f"Results of {name}"), tag("p", ABOUT, class_="soft")), tag("nav", *links)]
    body += map(_section, sections, itertools.count(1))
    if figures:
        body.append(tag("section", tag("h2", "Training"), _figures(figures), id="training"))
    head = [
        void("meta", charset="utf-8"),
        void("meta", http_equiv="Content-Security-Policy", content=_policy()),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"Results of {name}"),
        tag("style", Markup(STYLE)),
    ]
    script = tag("script", Markup(SCRIPT))
    return "<!DOCTYPE html>\n" + tag("html", tag("head", *head), tag("body", *body, script), lang="en") + "\n"


def _policy() -> str:
    script, style = (base64.b64encode(hashlib.sha256(x.encode()).digest()).decode() for x in (SCRIPT, STYLE))
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src 'self' file:; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _section(section: Section, number: int) -> Markup:
    parts = [tag("h2", section.name), _scores(*section.scores)]
    if section.notes:
        parts.append(tag("ul", *(tag("li", note) for note in section.notes), class_="notes"))
    if section.figures:
        parts += [tag("h3", "Figures"), _figures(section.figures)]
    if section.cards:
        parts += [tag("h3", "Listen"), tag("p", SOUNDS, class_="soft"), section.cards]
    if section.items:
        parts += [tag("h3", "All mixtures"), tag("p", SORTING, class_="soft"), section.items]
    facts = [tag("tr", tag("th", name, scope="row"), tag("td", value, class_="text")) for name, value in section.facts]
    commands = [tag("li", tag("code", command)) for command in section.commands]
    origin = tag("div", tag("table", *facts), class_="scroll"), tag("ul", *commands, class_="notes")
    parts.append(tag("details", tag("summary", "Where the scores come from"), *origin))
    return tag("section", *parts, id=f"set-{number}")


def _scores(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    head = [tag("th", title, scope="col", class_="number" if i else None) for i, title in enumerate(header)]
    body = [
        tag("tr", tag("th", name, scope="row"), *(tag("td", cell, class_="number") for cell in cells))
        for name, *cells in rows
    ]
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label="Scores")


def _figures(figures: Sequence[Figure]) -> Markup:
    shown = []
    for figure in figures:
        source = quote(figure.path.name)
        image = tag("a", void("img", src=source, alt=figure.caption), href=source)
        shown.append(tag("figure", image, tag("figcaption", figure.caption), class_="wide" if figure.wide else None))
    return tag("div", *shown, class_="figures")
