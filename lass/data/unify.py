"""Unified tags: what labels and captions of several corpora have in common (HSM-TSS, Sec. IV-A), by rules.

The paper asks GPT-4 for tags, and mixes only clips that share none. Here a tag is a label of AudioSet's ontology two
steps below a root, as Dog, Rain or Speech: "bark" and "puppy" are Dog. One nearer to the root, as Animal, is a tag of
its own together with all tags below it.
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

from nltk.stem.snowball import EnglishStemmer

from lass import config
from lass.data.ontology import Ontology
from lass.errors import LassError

DEPTH = 2  # of the labels that are tags, in steps below a root
LONGEST = 4  # words of a name that is looked for in a caption
NO_SOURCES = "Channel, environment and background"  # a root: what lies below is no source


class Unifier:
    """Label or caption -> unified tags.

    Args:
        words: display name of the ontology -> further words for it, in any inflection.
        ignored: words that tell no sound, whatever the ontology calls by them.
    """

    def __init__(self, ontology: Ontology, words: Mapping[str, Sequence[str]], ignored: Sequence[str]):
        for word in [*ignored, *(word for texts in words.values() for word in texts)]:
            if not isinstance(word, str):
                raise LassError(f"words: {word!r} is no text: write it in quotes")
        self._ontology = ontology
        self._stem = functools.lru_cache(maxsize=None)(EnglishStemmer().stem)
        if not (labels := self._sources()):
            raise LassError("the ontology has no labels below a root: get ontology.json again")
        self._ids = {ontology.names[label].lower(): label for label in labels}
        self._ignored = {self._stem(word) for text in ignored for word in _tokens(text)}
        self._tags = {label: self._tags_of(label) for label in labels}
        self._phrases: dict[tuple[str, ...], set[str]] = {}
        for label in labels:
            name = ontology.names[label].partition("(")[0]
            self._add([*name.split(","), *words.get(ontology.names[label], ())], label)
        if unknown := set(words) - set(ontology.names.values()):
            raise LassError(f"words: the ontology has no {min(unknown)!r}: write it as there")

    @classmethod
    def read(cls, ontology: Path, words: Path) -> "Unifier":
        """From ``ontology.json``, and a yaml with the sections ``words`` and ``ignored``."""
        sections = config.read_yaml(words)
        config.bind(cls, sections, str(words), given=("ontology",))
        return cls(Ontology(ontology), **sections)

    def __call__(self, text: str) -> list[str]:
        """The tags of a label's name or a caption, sorted; where the ontology knows no word of it, its longer words."""
        if (label := self._ids.get(text.strip().lower())) is not None:
            return sorted(self._tags[label])
        stems = [self._stem(token) for token in _tokens(text)]
        labels, at = set(), 0
        while at < len(stems):
            for length in range(min(LONGEST, len(stems) - at), 0, -1):
                if found := self._phrases.get(tuple(stems[at : at + length])):
                    labels |= found
                    break
            at += length
        if labels:
            return sorted(set().union(*(self._tags[label] for label in labels)))
        return sorted({stem for stem in stems if len(stem) > 3} - self._ignored)

    def _sources(self) -> list[str]:
        """The labels that name a source of sound."""
        ontology = self._ontology
        left_out = {label for label, name in ontology.names.items() if name == NO_SOURCES}
        left_out |= {below for label in left_out for below in ontology.below(label)}
        return [label for label in ontology.depths if label not in left_out]

    def _add(self, texts: Sequence[str], label: str) -> None:
        for text in texts:
            stems = tuple(map(self._stem, _tokens(text)))
            if stems and not (len(stems) == 1 and stems[0] in self._ignored):
                self._phrases.setdefault(stems, set()).add(label)

    def _tags_of(self, label: str) -> set[str]:
        ontology = self._ontology
        tags = [tag for tag, depth in ontology.depths.items() if depth == DEPTH]
        if ontology.depths[label] > DEPTH:
            found = [tag for tag in tags if label in ontology.below(tag)]
        else:
            found = [label, *(tag for tag in tags if tag in ontology.below(label))]
        return {ontology.names[tag] for tag in found}


def _tokens(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.lower().replace("'s ", " ")).split()
