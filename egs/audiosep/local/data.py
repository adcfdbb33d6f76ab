"""The training sets of AudioSep (arXiv:2308.05037, Table I): the formatted sets of five other recipes, joined."""

from collections.abc import Iterator
from pathlib import Path

from lass.data.datadir import Row
from lass.data.formatted import captioned_rows, formatted_set, recordings
from lass.errors import LassError

TRAIN = {  # corpora -> corpus -> its sets
    "audiosep": {  # AudioCaps' validation part is trained on, too
        "audioset": ["train"], "vggsound": ["train"], "audiocaps": ["train", "valid"], "clotho": ["train"],
        "wavcaps": ["train"],
    },
    "audio_only": {"audiocaps": ["train"], "vggsound": ["train"]},  # MERL, Sec. IV-A
}  # fmt: skip
VALID = {  # the parts that their recipes hold out
    "audiosep": ("audioset", "vggsound", "clotho", "wavcaps"), "audio_only": ("audiocaps", "vggsound"),
}  # fmt: skip
TEST = ("audiocaps", "clotho", "vggsound")


def download(
    root: Path, corpora: str, audioset: str, vggsound: str, audiocaps: str, clotho: str, wavcaps: str, leaks: str
) -> None:
    """Nothing is fetched, the other recipes do that. Looks whether their sets are there."""
    prepare(root, corpora, audioset, vggsound, audiocaps, clotho, wavcaps, leaks)


def prepare(
    root: Path, corpora: str, audioset: str, vggsound: str, audiocaps: str, clotho: str, wavcaps: str, leaks: str
) -> dict[str, Iterator[Row]]:
    """A training set a corpus, a set to choose and, but for ``leaks`` paper, one to test, which share no recording."""
    if corpora not in TRAIN:
        raise LassError(f"--corpora {corpora}: choose {' or '.join(TRAIN)}")
    places = {"audioset": audioset, "vggsound": vggsound, "audiocaps": audiocaps, "clotho": clotho, "wavcaps": wavcaps}
    valid = [_folder(root, corpus, "valid", **places) for corpus in VALID[corpora]]
    test = [_folder(root, corpus, "test", **places) for corpus in TEST] if leaks == "clean" else []
    tested, chosen_on = recordings(test), recordings(valid)
    trained = TRAIN[corpora]
    sets = {corpus: [_folder(root, corpus, name, **places) for name in names] for corpus, names in trained.items()}
    rows = {corpus: captioned_rows(folders, tested | chosen_on) for corpus, folders in sets.items()}
    return {**rows, "valid": captioned_rows(valid, tested), **({"test": captioned_rows(test, ())} if test else {})}


def _folder(root: Path, corpus: str, name: str, **places: str) -> Path:
    return formatted_set(root / places[corpus] / name, corpus)
