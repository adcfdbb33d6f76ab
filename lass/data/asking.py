"""The query rule: with which text a clip is asked for, and in a training by what else."""

import functools
from collections.abc import Iterable, Sequence

import numpy as np

from lass.config import bind
from lass.data.datadir import DataDir
from lass.data.paraphrases import Paraphrases
from lass.errors import LassError

SOURCES = ("caption", "labels")
OTHERS = ("audio", "image")


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
            found = [name for label in data.labels_of(utt) for name in self.names(data, label)]
            if self.pick == "all" and found:
                found = [self.join.join(found)]
        if not found:
            raise LassError(f"{data.folder}: {utt} has no {self.source}, which the query rule asks for")
        return self._filled(found)

    def names(self, data: DataDir, label: str) -> list[str]:
        """What a label is called: its display name."""
        return [data.labels[label]]

    def _filled(self, found: Sequence[str]) -> list[str]:
        return [template.replace("{}", text) for text in found for template in self.templates]

    def draw(self, data: DataDir, utt: str, rng: np.random.Generator) -> str:
        """One of the texts."""
        texts = self.texts(data, utt)
        return texts[int(rng.integers(len(texts)))]


class TrainingRule(QueryRule):
    """The rule of a training, which may ask for a part of the clips by sound or picture (AudioSep, Sec. V-E).

    Args:
        source, template, pick, join: as in ``QueryRule``.
        text_ratio: part of the examples that are asked by text, 0 to 1.
        otherwise: what the others are asked by. "audio": the target as it is in the mixture, behind its gain, or, where
            it is a whole clip, the clip; "image": the frames of its video, and its text where there are none.
        by_step: whether which of them is drawn for all examples of a step (MERL, Sec. IV-D), not for each.
        paraphrases: file with other words for labels (lass.data.paraphrases), seen from the folder of the recipe.
        removal_ratio: part of the examples, 0 to 1, whose task is removal: they are asked by the interferer's text, and
            the target stays the same (HSM-TSS, Sec. IV-A).
    """

    def __init__(
        self, source: str, template: str | Sequence[str] = "{}", pick: str = "one", join: str = " and ",
        text_ratio: float = 1.0, otherwise: str = "audio", paraphrases: str = "", removal_ratio: float = 0.0,
        by_step: bool = False,
    ):  # fmt: skip
        super().__init__(source, template, pick, join)
        if not 0.0 <= text_ratio <= 1.0:
            raise LassError(f"query: text_ratio {text_ratio!r} is not within 0 and 1")
        if otherwise not in OTHERS:
            raise LassError(f"query: otherwise {otherwise!r} is not one of {', '.join(OTHERS)}")
        if not isinstance(by_step, bool):
            raise LassError(f"query: by_step {by_step!r} is neither true nor false")
        if not isinstance(paraphrases, str):
            raise LassError(f"query: paraphrases {paraphrases!r} is not the name of a file")
        if paraphrases and (source, pick) != ("labels", "one"):
            raise LassError("query: paraphrases say one label in other words: they need source: labels and pick: one")
        if not 0.0 <= removal_ratio <= 1.0:
            raise LassError(f"query: removal_ratio {removal_ratio!r} is not within 0 and 1")
        self.text_ratio, self.otherwise, self.by_step, self.paraphrases = text_ratio, otherwise, by_step, paraphrases
        self.removal_ratio = removal_ratio

    @classmethod
    def of_set(cls, entry: dict, query: dict) -> "TrainingRule":
        """The rule of an entry of ``data.sets``: its own ``query`` or that of all sets, with its own text ratio."""
        if not isinstance(entry, dict):
            raise LassError(f"data.sets: {entry!r} is not {{dir: .., weight: .., query: .., text_ratio: ..}}")
        spec = entry.get("query", query)
        if isinstance(spec, dict) and "text_ratio" in entry:
            spec = spec | {"text_ratio": entry["text_ratio"]}
        return cls.of(spec, "query")

    @property
    def modalities(self) -> tuple[str, ...]:
        """What an encoder must be able to encode."""
        return ("text",) if self.text_ratio == 1.0 else ("text", self.otherwise)

    @functools.cached_property  # a model card has no need of the file
    def _paraphrases(self) -> Paraphrases | None:
        return Paraphrases(self.paraphrases) if self.paraphrases else None

    def check_paraphrases(self, labels: Iterable[tuple[str, str]]) -> None:
        """Raise a LassError if the list is malformed or has others than ``labels``: pairs of id and display name."""
        if self._paraphrases:
            self._paraphrases.check(labels)

    def names(self, data: DataDir, label: str) -> list[str]:
        """The display name of a label, and its paraphrases."""
        names = super().names(data, label)
        return names + self._paraphrases.of(label, *names) if self._paraphrases else names

    def draw(self, data: DataDir, utt: str, rng: np.random.Generator) -> str:
        """One of the texts; with paraphrases each label is as likely, however many it has."""
        labels = data.labels_of(utt)
        if not (self._paraphrases and labels):
            return super().draw(data, utt, rng)
        texts = self._filled(self.names(data, labels[int(rng.integers(len(labels)))]))
        return texts[int(rng.integers(len(texts)))]

    def needs_text(self, data: DataDir, utt: str) -> bool:
        """Whether the clip may be asked for by text."""
        return self.text_ratio > 0.0 or (self.otherwise == "image" and data.frames_of(utt) is None)

    def draw_modality(self, data: DataDir, utt: str, rng: np.random.Generator) -> tuple[str, bool]:
        """"text", "audio" or "image"; and whether it is text because the clip has no frames."""
        if rng.random() < self.text_ratio:
            return "text", False
        without_frames = self.otherwise == "image" and data.frames_of(utt) is None
        return ("text" if without_frames else self.otherwise), without_frames
