"""FSD50K: E. Fonseca et al., "FSD50K: an Open Dataset of Human-Labeled Sound Events", IEEE/ACM TASLP 2022."""

from collections.abc import Iterator
from pathlib import Path

from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.ontology import Ontology
from lass.data.published import Line, read_form
from lass.errors import LassError

CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
PARTS = {"train": "dev", "valid": "dev", "test": "eval"}
SPLITS = {"train": "train", "valid": "val"}  # column of dev.csv; no uploader has clips in both


def download(root: Path) -> None:
    """Fetch archives, ground truth and the ontology."""
    CORPUS.fetch(root)


def expected(root: Path) -> dict[str, int]:
    """Numbers of clips as published."""
    return CORPUS.clips


def prepare(root: Path) -> dict[str, Iterator[Row]]:
    """The sets as published: labels are all of a clip's, captions are those that no other of them is a kind of."""
    ontology = Ontology(CORPUS.path(root, "ontology"))
    return {name: _rows(root, name, ontology) for name in PARTS}


def _rows(root: Path, name: str, ontology: Ontology) -> Iterator[Row]:
    part = PARTS[name]
    path, folder = CORPUS.path(root, "ground_truth") / f"{part}.csv", CORPUS.path(root, part)
    form = read_form("fsd50k")
    for line in form.lines(path):
        if part == "dev" and line.fields["split"] not in SPLITS.values():
            found = line.fields["split"]
            raise LassError(f"{line.where}: split {found!r} is neither train nor val: get the list again")
        if line.fields.get("split") == SPLITS.get(name):
            (clip,) = form.clips(line)
            labels = _labels(line)
            captions = [labels[label] for label in ontology.most_specific(labels)]
            yield Row(f"fsd50k-{clip.clip}", str(folder / f"{clip.clip}.wav"), captions, labels, clip.origin)


def _labels(line: Line) -> dict[str, str]:
    """Id in AudioSet's ontology -> name with blanks, of all labels of a clip up to the roots."""
    names, ids = (line.fields[column].split(",") for column in ("labels", "mids"))
    if len(names) != len(ids):
        raise LassError(f"{line.where}: {len(names)} labels, {len(ids)} ids: get the list again")
    return {label: name.replace("_", " ") for label, name in zip(ids, names)}
