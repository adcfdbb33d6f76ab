"""AudioSet: J. F. Gemmeke et al., "Audio Set: An ontology and human-labeled dataset for audio events", ICASSP 2017."""

import csv
from collections.abc import Callable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

from lass.data.anchor_list import SECONDS, Anchor, pair_anchors, read_anchors
from lass.data.audioset import Segment, display_names, labels_of, read_segments
from lass.data.clip_files import ClipFiles
from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.held_out import held_out
from lass.data.video_clips import fetch_videos
from lass.errors import LassError
from lass.io.youtube import Clip

TRAIN = {"balanced": ["balanced"], "all": ["balanced", "unbalanced"]}  # option part -> lists
FOLDERS = {"balanced": "balanced_train_segments", "eval": "eval_segments", "unbalanced": "unbalanced_train_segments"}
PART = 50000  # segments in a folder of the unbalanced list, as PANNs lays the corpus out
VALID = 500 / 22160  # of the balanced list
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")


def download(root: Path, part: str, video: str, cookies: str, anchors_list: str) -> None:
    """Fetch the lists, and the clips from YouTube, laid out as PANNs lays them out."""
    lists = [*_lists(part), "eval"]
    CORPUS.fetch(root, [*lists, "ontology", "classes"])
    for name in lists:
        for folder, placed in groupby(_placed(root, name), itemgetter(0)):
            clips = [Clip(f"Y{found.video}", found.video, found.start, found.end) for _, found in placed]
            fetch_videos(clips, root, video, cookies, folder)


def expected(root: Path, part: str, video: str, cookies: str, anchors_list: str) -> dict[str, int]:
    """Numbers of clips as published."""
    _lists(part)
    return CORPUS.clips[part]


def prepare(root: Path, part: str, video: str, cookies: str, anchors_list: str) -> dict[str, Iterator[Row]]:
    """The training lists that ``part`` names but a part of the balanced one, that part, and the evaluation list.

    With ``anchors_list`` the parts of its clips that local/anchors.py found stand for the last.
    """
    names = display_names(CORPUS.path(root, "ontology"))
    valid = held_out([segment.video for segment in read_segments(CORPUS.path(root, "balanced"))], VALID)
    films = ClipFiles(root, ["video/Y{id}"], [".mp4"])

    def rows(name: str, wanted: Callable[[str], bool]) -> Iterator[Row]:
        path, folder, sounds = CORPUS.path(root, name), "", None
        for place, segment in _placed(root, name):
            if not wanted(segment.video):
                continue
            if place != folder:
                folder, sounds = place, ClipFiles(root / place, ["Y{id}"])
            yield Row(
                utt=f"audioset-Y{segment.video}",
                audio=sounds.path(id=segment.video),
                labels=labels_of(segment, names, path),
                origin=segment.origin,
                video=films.find(id=segment.video) or "" if video == "true" else "",
            )

    sets = {
        "train": chain.from_iterable(rows(name, lambda video: video not in valid) for name in _lists(part)),
        "valid": rows("balanced", lambda video: video in valid),
    }
    if anchors_list:
        return {**sets, "anchors": _anchor_rows(root, anchors_list, names)}
    return {**sets, "test": rows("eval", lambda video: True)}


def pairs(root: Path, part: str, video: str, cookies: str, anchors_list: str) -> dict[str, dict[str, list[str]]]:
    """Each anchor with one of another clip, neither of which has the class of the other."""
    if not anchors_list:
        return {}
    numbers = class_numbers(root)
    labels = {segment.video: segment.labels for segment in read_segments(CORPUS.path(root, "eval"))}
    pairs = pair_anchors(read_anchors(Path(anchors_list)), labels)
    return {"anchors": {f"{_utt(one, numbers)}-m0": [_utt(one, numbers), _utt(other, numbers)] for one, other in pairs}}


def class_numbers(root: Path) -> dict[str, int]:
    """Label id -> number of the class, as taggers count them."""
    with open(CORPUS.path(root, "classes"), encoding="utf-8", newline="") as lines:
        return {row["mid"]: int(row["index"]) for row in csv.DictReader(lines)}


def evaluation_clips(root: Path) -> Iterator[tuple[str, Segment]]:
    """Audio and segment of each clip of the evaluation list that is there."""
    sounds = ClipFiles(root / "audios" / FOLDERS["eval"], ["Y{id}"])
    for segment in read_segments(CORPUS.path(root, "eval")):
        if path := sounds.find(id=segment.video):
            yield path, segment


def _anchor_rows(root: Path, anchors_list: str, names: dict[str, str]) -> Iterator[Row]:
    numbers, clips = class_numbers(root), {s.video: (path, s) for path, s in evaluation_clips(root)}
    for anchor in read_anchors(Path(anchors_list)):
        if anchor.video not in clips:
            raise LassError(f"{anchors_list}: {anchor.video}: this clip is not there any more: find the anchors again")
        path, clip = clips[anchor.video]
        origin = f"youtube:{anchor.video}:{clip.start + anchor.start:g}:{SECONDS:g}"
        segment = (anchor.start, anchor.start + SECONDS)
        yield Row(_utt(anchor, numbers), path, [], {anchor.label: names[anchor.label]}, origin, segment=segment)


def _utt(anchor: Anchor, numbers: dict[str, int]) -> str:
    return f"audioset-Y{anchor.video}_{numbers[anchor.label]}"


def _lists(part: str) -> list[str]:
    if part not in TRAIN:
        raise LassError(f"--part {part}: expected {' or '.join(TRAIN)}")
    return TRAIN[part]


def _placed(root: Path, name: str) -> Iterator[tuple[str, Segment]]:
    """The segments of a list, with the folder of their audio."""
    folder = f"audios/{FOLDERS[name]}"
    for k, segment in enumerate(read_segments(CORPUS.path(root, name))):
        yield (f"{folder}/{FOLDERS[name]}_part{k // PART:02d}" if name == "unbalanced" else folder), segment
