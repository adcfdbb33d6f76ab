"""The query rule: with which text a clip is asked for."""

from collections.abc import Sequence

import numpy as np

from lass.config import bind
from lass.data.datadir import DataDir
from lass.errors import LassError

SOURCES = ("caption", "labels")


class QueryRule:
    """From a clip's captions or labels to its query texts.

    Args:
        source: "caption" or "labels".
        template: a text with ``{}`` where caption or label goes, or a list of such texts.
            MERL: "this is the sound of {}"; AudioSep: the label alone, "{}".
        pick: "one" (each label is a query of its own) or "all" (the labels of a clip are joined to one query).
        join: what stands between joined labels.
    """

    def __init__(self, source: str, template: str | Sequence[str] = "{}", pick: str = "one", join: str = " and "):
        templates = [template] if isinstance(template, str) else list(template)
        if source not in SOURCES:
            raise LassError(f"query: source {source!r} is not one of {', '.join(SOURCES)}")
        if pick not in ("one", "all"):
            raise LassError(f"query: pick {pick!r} is neither 'one' nor 'all'")
        if not templates or not all(isinstance(t, str) and t.count("{}") == 1 for t in templates):
            raise LassError(f"query: template {template!r} must hold '{{}}' once")
        self.source, self.templates, self.pick, self.join = source, templates, pick, join

    @classmethod
    def of(cls, spec: dict, where: str) -> "QueryRule":
        """The rule of a yaml section; ``where`` opens the message about a wrong key."""
        bind(cls, spec, where)
        return cls(**spec)

    def texts(self, data: DataDir, utt: str) -> list[str]:
        """All query texts of a clip, in a fixed order: for each caption or label, each template."""
        if self.source == "caption":
            found = data.captions_of(utt)
        else:
            found = [data.labels[label] for label in data.labels_of(utt)]
            if self.pick == "all" and found:
                found = [self.join.join(found)]
        if not found:
            raise LassError(f"{data.folder}: {utt} has no {self.source}, which the query rule asks for")
        return [template.replace("{}", text) for text in found for template in self.templates]

    def draw(self, data: DataDir, utt: str, rng: np.random.Generator) -> str:
        """One of the texts."""
        texts = self.texts(data, utt)
        return texts[int(rng.integers(len(texts)))]
