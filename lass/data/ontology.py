"""AudioSet's ontology (J. F. Gemmeke et al., ICASSP 2017): which labels are kinds of others."""

import functools
import json
from collections.abc import Collection
from pathlib import Path

from lass.errors import LassError


class Ontology:
    """A graph of labels, read from ontology.json. A label may be a kind of several others.

    Attributes:
        names: label id -> display name.
    """

    def __init__(self, path: Path) -> None:
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            self._children = {str(entry["id"]): list(map(str, entry["child_ids"])) for entry in entries}
            self.names = {str(entry["id"]): str(entry["name"]) for entry in entries}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise LassError(f"{path}: not AudioSet's ontology ({error!r}): get it again") from None
        self._below: dict[str, set[str]] = {}

    def below(self, label: str) -> set[str]:
        """All kinds of ``label``, near and far; none for one that the ontology has not."""
        if label not in self._below:
            found, left = set(), list(self._children.get(label, ()))
            while left:
                if (child := left.pop()) not in found:
                    found.add(child)
                    left += self._children.get(child, ())
            self._below[label] = found
        return self._below[label]

    @functools.cached_property
    def depths(self) -> dict[str, int]:
        """Label -> how many steps it is below the nearest root; labels of a circle have none."""
        below = {child for children in self._children.values() for child in children}
        depths, level, depth = {}, [label for label in self._children if label not in below], 0
        while level:
            depths |= dict.fromkeys(level, depth)
            following = [child for label in level for child in self._children.get(label, ())]
            level, depth = [label for label in dict.fromkeys(following) if label not in depths], depth + 1
        return depths

    def most_specific(self, labels: Collection[str]) -> list[str]:
        """Those of ``labels`` that have no kind of their own among them."""
        given = set(labels)
        return [label for label in labels if not self.below(label) & given - {label}]
