"""AudioCaps: C. D. Kim et al., "AudioCaps: Generating Captions for Audios in the Wild", NAACL-HLT 2019."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lass.data.audioset import display_names, find_segments, labels_of
from lass.data.clip_files import ClipFiles
from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.published import read_form
from lass.data.video_clips import fetch_videos
from lass.errors import LassError
from lass.io.youtube import Clip

SPLITS = {"train": "train", "valid": "val", "test": "test"}
SECONDS = 10  # of each clip
TAGS = ("balanced", "unbalanced", "eval")  # lists of AudioSet
LASS = ("lass_train", "lass_test")  # of LASS-Net
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")


@dataclass
class Captioned:
    """A clip of the lists."""

    video: str
    start: int  # s
    origin: str
    captions: list[str] = field(default_factory=list)


def download(root: Path, version: str, subset: str, video: str, cookies: str) -> None:
    """Fetch the lists, AudioSet's for the tags (110 MB), and the clips from YouTube; of ``lass`` LASS-Test's, too."""
    lists = [f"v{_checked(version, subset)}_{split}" for split in SPLITS.values()]
    CORPUS.fetch(root, [*lists, *TAGS, "ontology", *(LASS if subset == "lass" else ())])
    found = {video: clip for clips in _sets(root, version, subset).values() for video, clip in clips.items()}
    if subset == "lass":
        heard = _listed(root, "lass_test", ("target_wav", "noise_wav"))
        every = (clips.items() for clips in _sets(root, version, "all").values())
        found |= {video: clip for clips in every for video, clip in clips if video in heard}
    clips = [Clip(f"Y{c.video}", c.video, c.start, c.start + SECONDS) for c in found.values()]
    fetch_videos(clips, root, video, cookies)


def expected(root: Path, version: str, subset: str, video: str, cookies: str) -> dict[str, int]:
    """Numbers of clips as published."""
    return CORPUS.clips[_checked(version, subset)][subset]


def prepare(root: Path, version: str, subset: str, video: str, cookies: str) -> dict[str, Iterator[Row]]:
    """The sets of ``version``; with ``subset`` lass, train is LASS-Net's part, and the other sets are without it."""
    sets = _sets(root, version, subset)
    names = display_names(CORPUS.path(root, "ontology"))
    videos = {clip.video for clips in sets.values() for clip in clips.values()}
    tagged = find_segments([CORPUS.path(root, name) for name in TAGS], videos)
    labels = {segment.video: labels_of(segment, names, path) for path, segment in tagged}
    sounds, films = ClipFiles(root, ["audio/Y{id}", "audio/{id}_{start}"]), ClipFiles(root, ["video/Y{id}"], [".mp4"])

    def row(clip: Captioned) -> Row:
        audio, film = sounds.path(id=clip.video, start=clip.start), films.find(id=clip.video) or ""
        utt = f"audiocaps-Y{clip.video}"
        return Row(utt, audio, clip.captions, labels.get(clip.video, {}), clip.origin, film)

    return {name: map(row, clips.values()) for name, clips in sets.items()}


def _checked(version: str, subset: str) -> str:
    if version not in CORPUS.clips:
        raise LassError(f"--version {version}: expected {' or '.join(CORPUS.clips)}")
    if subset not in CORPUS.clips[version]:
        raise LassError(f"--subset {subset}: expected {' or '.join(CORPUS.clips[version])}")
    return version


def _sets(root: Path, version: str, subset: str) -> dict[str, dict[str, Captioned]]:
    """Set -> id of the video -> clip."""
    version = _checked(version, subset)
    sets = {name: _clips(CORPUS.path(root, f"v{version}_{split}")) for name, split in SPLITS.items()}
    if subset != "lass":
        return sets
    listed = _listed(root, "lass_train", ("youtube_id",))
    part = {video: clip for clips in sets.values() for video, clip in clips.items() if video in listed}
    rest = {name: {k: clip for k, clip in clips.items() if k not in listed} for name, clips in sets.items()}
    return {**rest, "train": part}


def _listed(root: Path, name: str, columns: tuple[str, ...]) -> set[str]:
    """The videos of a list of LASS-Net."""
    return {line.fields[column] for line in read_form(name).lines(CORPUS.path(root, name)) for column in columns}


def _clips(path: Path) -> dict[str, Captioned]:
    """The clips of a list, which has a line a caption."""
    form, clips = read_form("audiocaps"), {}
    for line in form.lines(path):
        (found,) = form.clips(line)
        start = line.fields["start_time"]
        if not start.isdecimal():
            raise LassError(f"{line.where}: start_time {start[:20]!r} is no number of seconds: get the list again")
        clip = clips.setdefault(found.clip, Captioned(found.clip, int(start), found.origin))
        if clip.start != int(start):
            raise LassError(f"{line.where}: {found.clip} from {start} s, and from {clip.start} s before: get it again")
        clip.captions.append(line.fields["caption"])
    return clips
