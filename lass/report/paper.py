"""The published rows that a recipe shows below its own scores, chosen from those of registered test sets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lass import config
from lass.errors import LassError
from lass.report import published
from lass.report.published import PublishedRow


@dataclass(frozen=True)
class Choice:
    """The rows of a set.

    Attributes:
        rows: yaml file whose ``published`` has them, seen from the one that names it.
        sources: of these alone.
        note: what is to be said of all of them here.
    """

    rows: str
    sources: Sequence[str]
    note: str = ""


def read_paper(path: Path) -> dict[str, list[PublishedRow]]:
    """The rows of each set of a yaml file ``{<set>: {rows, sources, note}}``, or ``{<set>: [{..}, ..]}``.

    Rows of several files are told apart by the titles of the sets there.

    Raises:
        LassError: no such yaml file, an unknown or missing key, a source without rows, several files and no title.
    """
    found = {}
    for name, specs in config.read_yaml(path).items():
        several = isinstance(specs, list)
        found[str(name)] = [
            row for spec in (specs if several else [specs]) for row in _chosen(path, f"{path}: {name}", spec, several)
        ]
    return found


def _chosen(path: Path, where: str, spec: dict, titled: bool) -> list[PublishedRow]:
    config.bind(Choice, spec, where)
    choice = Choice(**spec)
    file = path.parent / choice.rows
    content = config.read_yaml(file)
    if titled and "title" not in content:
        raise LassError(f"{where}: {file} has no title, which tells its rows from those of other files")
    rows = published.rows(content.get("published"), str(file))
    if absent := [source for source in choice.sources if source not in {row.source for row in rows}]:
        raise LassError(f"{where}: {file} has no rows of {absent[0]!r}")
    on = f" on {content['title']}" if titled else ""
    return [
        replace(row, system=f"{row.system}{on}", note="; ".join(filter(None, (row.note, choice.note))))
        for row in rows
        if row.source in choice.sources
    ]
