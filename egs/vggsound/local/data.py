"""VGGSound: H. Chen et al., "VGGSound: A Large-scale Audio-Visual Dataset", ICASSP 2020."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lass.data.audioset import find_segments
from lass.data.clip_files import ClipFiles
from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.held_out import held_out
from lass.data.published import Line, fill, read_form
from lass.data.testsets import find_set
from lass.data.video_clips import fetch_videos
from lass.errors import LassError
from lass.io.youtube import Clip

SECONDS = 10  # of each clip
VALID = 2500 / 171721  # of the training videos; MERL (Saijo et al.), Sec. 3: 169 221 + 2500 clips
AUDIOSET = ("balanced", "unbalanced", "eval")
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
FORM = read_form("vggsound")
AUDIOSEP = find_set("audiosep_vggsound")


def download(root: Path, test_clips: str, without_audioset: str, video: str, cookies: str) -> None:
    """Fetch the lists that the options ask for, and the clips from YouTube."""
    subsets = [] if _checked(test_clips) == "all" else [test_clips]
    CORPUS.fetch(root, ["clips", *subsets, *(AUDIOSET if without_audioset == "true" else ())])
    lines = [line for found in _sets(root, test_clips, without_audioset).values() for line in found]
    fetch_videos([_clip(line) for line in lines], root, video, cookies)


def expected(root: Path, test_clips: str, without_audioset: str, video: str, cookies: str) -> dict[str, int]:
    """Numbers of clips as published."""
    return CORPUS.clips[_checked(test_clips)]


def prepare(root: Path, test_clips: str, without_audioset: str, video: str, cookies: str) -> dict[str, Iterator[Row]]:
    """Train, the part of it that validates, and of the published test part all, or what a list of others asks for."""
    sounds = ClipFiles(root, ["audio/Y{name}", "audio/{name}", "{name}"])
    films = ClipFiles(root, ["video/Y{name}", "video/{name}"], [".mp4"])

    def row(line: Line) -> Row:
        name, label = _name(line), line.fields["label"]
        (clip,) = FORM.clips(line)
        slug = re.sub(r"\W", "_", label)
        audio, film = sounds.path(name=name), films.find(name=name) or ""
        return Row(f"vggsound-Y{name}", audio, [], {slug: label}, clip.origin, film)

    return {name: map(row, lines) for name, lines in _sets(root, test_clips, without_audioset).items()}


def pairs(root: Path, test_clips: str, without_audioset: str, video: str, cookies: str) -> dict:
    """AudioSep's 1000 mixtures, where they are asked for."""
    if test_clips != "audiosep":
        return {}
    form = AUDIOSEP.list.form
    lines = form.lines(CORPUS.path(root, "audiosep"))
    return {"audiosep": {
        fill(AUDIOSEP.mix_id, line): [f"vggsound-Y{Path(clip.clip).stem}" for clip in form.clips(line)]
        for line in lines
    }}  # fmt: skip


def _checked(test_clips: str) -> str:
    if test_clips not in CORPUS.clips:
        raise LassError(f"--test_clips {test_clips}: expected {', '.join(CORPUS.clips)}")
    return test_clips


def _sets(root: Path, test_clips: str, without_audioset: str) -> dict[str, Iterator[Line]]:
    """The lines of each set. A video gives several clips, and is in one set only: test, else valid, else train."""
    path = CORPUS.path(root, "clips")
    tested = {line.fields["youtube_id"] for line in FORM.lines(path) if _split(line) == "test"}
    valid = held_out({line.fields["youtube_id"] for line in FORM.lines(path)} - tested, VALID)
    audioset = _clips_of_audioset(root, path) if without_audioset == "true" else frozenset()

    def trained(validates: bool) -> Iterator[Line]:
        for line in FORM.lines(path):
            video = line.fields["youtube_id"]
            if video not in tested and (video in valid) == validates and _name(line) not in audioset:
                yield line

    wanted = _listed(root, _checked(test_clips))
    test = (line for line in FORM.lines(path) if _split(line) == "test" and wanted(line))
    return {"train": trained(False), "valid": trained(True), "test": test}


def _listed(root: Path, test_clips: str) -> Callable[[Line], bool]:
    """Tells whether a line of the test part is asked for."""
    if test_clips == "clipsep":
        form = read_form("clipsep_vggsound")
        videos = {line.fields["youtube_id"]: line.fields["label"] for line in form.lines(CORPUS.path(root, "clipsep"))}
        return lambda line: videos.get(line.fields["youtube_id"]) == line.fields["label"].replace(",", "")
    if test_clips == "audiosep":
        form = AUDIOSEP.list.form
        lines = form.lines(CORPUS.path(root, "audiosep"))
        names = {Path(clip.clip).stem for line in lines for clip in form.clips(line)}
        return lambda line: _name(line) in names
    return lambda line: True


def _clips_of_audioset(root: Path, path: Path) -> set[str]:
    """Names of the clips that overlap a segment of AudioSet."""
    starts: dict[str, list[int]] = {}
    for line in FORM.lines(path):
        starts.setdefault(line.fields["youtube_id"], []).append(int(line.fields["start"]))
    shared = find_segments([CORPUS.path(root, name) for name in AUDIOSET], starts)
    return {
        f"{segment.video}_{start:0>6}"
        for _, segment in shared
        for start in starts[segment.video]
        if start < segment.end and segment.start < start + SECONDS
    }


def _split(line: Line) -> str:
    fields = line.fields
    if fields["split"] not in ("train", "test") or not fields["start"].isdecimal():
        raise LassError(f"{line.where}: start {fields['start'][:20]!r}, split {fields['split'][:20]!r}: "
                        "expected seconds and train or test: get the list again")  # fmt: skip
    return fields["split"]


def _clip(line: Line) -> Clip:
    start = int(line.fields["start"])
    return Clip(f"Y{_name(line)}", line.fields["youtube_id"], start, start + SECONDS)


def _name(line: Line) -> str:
    (clip,) = FORM.clips(line)
    return clip.clip
