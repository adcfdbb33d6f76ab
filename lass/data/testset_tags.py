"""AudioSet's labels of the clips of a test set whose own list tells none: LASS-Test, for UNet-Tag."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lass.data.audioset import find_segments
from lass.data.published import Clip, Form, Line, ListFile, fill

CSV = "http://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv"
LISTS = [f"{part}_segments.csv" for part in ("balanced_train", "unbalanced_train", "eval")]
SEGMENTS = [ListFile.of({"file": name, "form": "audioset", "url": f"{CSV}/{name}"}, name) for name in LISTS]
NAMES = ListFile(Form(Clip("{mid}")), "class_labels_indices.csv", f"{CSV}/class_labels_indices.csv",
                 "68c0b5c199d6cc789852b144cc3ab500")  # fmt: skip


@dataclass(frozen=True)
class Tags:
    """Whose labels are wanted: templates of the ids of the videos, which stand once in AudioSet's lists."""

    target: str
    interferer: str

    @property
    def lists(self) -> list[ListFile]:
        return [*SEGMENTS, NAMES]

    def tables(self, root: Path, lines: Mapping[str, Line]) -> dict[str, list[tuple[str, str]]]:
        """``utt2labels``, ``interf2labels`` and ``labels`` of mixtures; none unless all of the lists are there.

        Args:
            root: benchmark root with the lists.
            lines: of the list of the set, by the ids of their mixtures.
        """
        if any(found.missing(root) for found in self.lists):
            return {}
        both = {"utt2labels": self.target, "interf2labels": self.interferer}
        videos = {name: {mix: fill(template, line) for mix, line in lines.items()} for name, template in both.items()}
        known = _labels(root, {video for of_mixture in videos.values() for video in of_mixture.values()})
        tables = {name: [(mix, " ".join(known[video])) for mix, video in of_mixture.items() if video in known]
                  for name, of_mixture in videos.items()}  # fmt: skip
        used = {label for labels in known.values() for label in labels}
        names = ((line.fields["mid"], line.fields["display_name"]) for line in NAMES.lines(root))
        return tables | {"labels": [(label, name) for label, name in names if label in used]}


def _labels(root: Path, videos: Iterable[str]) -> dict[str, list[str]]:
    """Ids of the labels of these videos."""
    found = find_segments([listed.path(root) for listed in SEGMENTS], frozenset(videos))
    return {segment.video: segment.labels for _, segment in found}
