"""The clips of HSM-TSS (arXiv:2505.21025, Sec. IV-A): the formatted sets of other recipes, joined, with unified tags.

The labels of a clip are its tags: what two clips of a mixture may not have in common. Captions stay as they are.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from lass.data.datadir import DataDir, Row
from lass.data.formatted import captioned_rows, formatted_set, recordings
from lass.data.ontology import Ontology
from lass.data.tag_table import TagTable
from lass.data.unify import Unifier

TRAIN = {  # corpus -> its sets
    "audiocaps": ["train"], "clotho": ["train"], "fsd50k": ["train"], "wavcaps": ["train"],
    "esc50": ["train", "valid", "test"],
}  # fmt: skip
VALID = ("audiocaps", "clotho", "fsd50k", "wavcaps")
TEST = ("audiocaps", "clotho", "fsd50k")
LONGEST = 60  # s, of clips of WavCaps; the paper leaves out longer ones, and all of Freesound
RATE = 32000  # Hz, of formatted clips
WORDS = Path(__file__).with_name("words.yaml")


def download(
    root: Path, audiocaps: str, clotho: str, esc50: str, fsd50k: str, wavcaps: str, music: str, ontology: str,
    tags: str, leaks: str,
) -> None:  # fmt: skip
    """Nothing is fetched, the other recipes do that. Looks whether their sets are there."""
    _clips(_places(root, audiocaps, clotho, esc50, fsd50k, wavcaps, music), leaks, Ontology(root / ontology))


def prepare(
    root: Path, audiocaps: str, clotho: str, esc50: str, fsd50k: str, wavcaps: str, music: str, ontology: str,
    tags: str, leaks: str,
) -> dict[str, Iterator[Row]]:  # fmt: skip
    """A training set a corpus, a set to choose and those to test, which share no recording; ``tags`` is added to."""
    clips = _clips(_places(root, audiocaps, clotho, esc50, fsd50k, wavcaps, music), leaks, Ontology(root / ontology))
    table = TagTable(Path(tags))
    texts = {text for rows in clips.values() for row in rows() for text in _texts(row)}
    added, _ = table.add(texts, Unifier.read(root / ontology, WORDS))
    print(f"{tags}: {len(texts)} captions and labels, {added} of them given tags by rules")
    return {name: (_tagged(row, table, name) for row in rows()) for name, rows in clips.items()}


def _places(root: Path, *folders: str) -> dict[str, Path]:
    corpora = ("audiocaps", "clotho", "esc50", "fsd50k", "wavcaps", "music")
    return {corpus: root / folder for corpus, folder in zip(corpora, folders)}


def _clips(places: dict[str, Path], leaks: str, ontology: Ontology) -> dict[str, Callable[[], Iterator[Row]]]:
    """What gives the clips of each set, as often as it is called; labels are the most specific ones."""

    def folder(corpus: str, name: str) -> Path:
        return formatted_set(places[corpus] / name, {"music": "musicinstr"}.get(corpus, corpus))

    test = {corpus: folder(corpus, "test") for corpus in (*TEST, "music")}
    valid = {corpus: folder(corpus, "valid") for corpus in VALID}
    tested, chosen_on = recordings(test.values()), recordings(valid.values())
    train = {corpus: [folder(corpus, name) for name in names] for corpus, names in TRAIN.items()}
    if leaks == "clean":
        del train["esc50"]  # all of it is a registered test set
    held = tested | chosen_on
    rows = {corpus: functools.partial(_rows, ontology, folders, held) for corpus, folders in train.items()}
    rows["valid"] = functools.partial(_rows, ontology, [*valid.values()], tested)
    rows |= {f"hsm_{corpus}": functools.partial(_rows, ontology, [found], ()) for corpus, found in test.items()}
    equal = min(len(DataDir(test[corpus])) for corpus in TEST)
    return rows | {"hsm_3sets": lambda: (row for corpus in TEST for row in _drawn(rows[f"hsm_{corpus}"], equal))}


def _rows(ontology: Ontology, folders: list[Path], left_out: set[str]) -> Iterator[Row]:
    for folder in folders:
        lengths = DataDir(folder).num_samples
        for row in captioned_rows([folder], left_out):
            if row.utt.startswith("esc50-"):  # whose captions are none of the corpus
                row.captions = list(row.labels.values())
            row.labels = {label: row.labels[label] for label in ontology.most_specific(row.labels)}
            if not row.utt.startswith("wavcaps-") or _is_used(row, int(lengths[row.utt])):
                yield row


def _is_used(row: Row, samples: int) -> bool:
    """Whether the paper takes a clip of WavCaps. Clips that egs/wavcaps has cut to parts are too long."""
    source, _, rest = row.utt.removeprefix("wavcaps-").partition("-")
    whole = source == "AudioSet_SL" or row.origin.endswith(f":{rest}")
    return source != "FreeSound" and whole and samples <= LONGEST * RATE


def _drawn(rows: Callable[[], Iterator[Row]], count: int) -> list[Row]:
    return sorted(rows(), key=lambda row: hashlib.sha256(row.utt.encode()).digest())[:count]


def _texts(row: Row) -> list[str]:
    return [*row.captions, *row.labels.values()]


def _tagged(row: Row, table: TagTable, name: str) -> Row:
    """The clip with its tags; those of MUSIC are told apart by their instruments, as in the paper."""
    if name != "hsm_music":
        tags = dict.fromkeys(tag for text in _texts(row) for tag in table.of(text))
        row.labels = {"_".join(tag.split()): tag for tag in tags}
    return row
