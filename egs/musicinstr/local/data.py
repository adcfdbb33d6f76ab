"""MUSIC: H. Zhao et al., "The Sound of Pixels", ECCV 2018: videos of instruments, here cut as AudioSep cut the test."""

import json
from collections.abc import Iterable, Iterator
from itertools import count, takewhile
from pathlib import Path

from lass.data.clip_files import ClipFiles
from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.held_out import held_out
from lass.data.published import fill
from lass.data.testsets import find_set
from lass.data.video_clips import fetch_videos
from lass.errors import LassError
from lass.io import audio
from lass.io.youtube import Clip

SECONDS = 10  # of a segment; AudioSep, Sec. IV-B6: one after the other, what is shorter is left out
VALID = 0.1  # of the videos that are not tested
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
AUDIOSEP = find_set("audiosep_music")


def download(root: Path, video: str, cookies: str) -> None:
    """Fetch the lists, and from YouTube the whole videos."""
    CORPUS.fetch(root)
    fetch_videos([Clip(f"Y{name}", name) for name in _videos(root)], root, video, cookies)


def expected(root: Path, video: str, cookies: str) -> dict[str, int]:
    """Numbers of clips as published."""
    return CORPUS.clips


def prepare(root: Path, video: str, cookies: str) -> dict[str, Iterator[Row]]:
    """The segments of AudioSep's list as the test; those of all other videos, a part of which validates."""
    videos, tested = _videos(root), _segments_of_list(root)
    if unknown := tested.keys() - videos.keys():
        raise LassError(f"{CORPUS.path(root, 'test')}: {min(unknown)} is no video of {CORPUS.path(root, 'solos')}: "
                        "get both lists again")
    sounds = ClipFiles(root, ["audio/Y{id}", "audio/{instrument}/{id}"])
    films = ClipFiles(root, ["video/Y{id}", "video/{instrument}/{id}"], [".mp4"])

    def rows(name: str, segments: Iterable[int] = ()) -> Iterator[Row]:
        names = {"id": name, "instrument": videos[name]}
        path, film = sounds.path(**names), films.find(**names)
        for k in segments or _segments_of_file(path):
            start = k * SECONDS
            part = f"{start}:{SECONDS}"
            yield Row(
                utt=f"musicinstr-Y{name}_{k}",
                audio=path,
                labels={videos[name]: videos[name].replace("_", " ")},
                origin=f"youtube:{name}:{part}",
                video=f"{film}:{part}" if film else "",
                segment=(start, start + SECONDS),
            )

    others = videos.keys() - tested.keys()
    valid = held_out(others, VALID)
    return {
        "train": (row for name in others - valid for row in rows(name)),
        "valid": (row for name in valid for row in rows(name)),
        "test": (row for name, segments in tested.items() for row in rows(name, segments)),
    }


def pairs(root: Path, video: str, cookies: str) -> dict[str, dict[str, list[str]]]:
    """AudioSep's 5004 mixtures."""
    form, lines = AUDIOSEP.list.form, AUDIOSEP.list.form.lines(CORPUS.path(root, "test"))
    return {"test": {
        fill(AUDIOSEP.mix_id, line): [f"musicinstr-{Path(clip.clip).stem}" for clip in form.clips(line)]
        for line in lines
    }}  # fmt: skip


def _videos(root: Path) -> dict[str, str]:
    """Id of the video -> instrument."""
    path = CORPUS.path(root, "solos")
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["videos"].items()
        return {video: instrument for instrument, videos in listed for video in videos}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise LassError(f"{path}: not the list of MUSIC's solos ({error!r}): get it again") from None


def _segments_of_list(root: Path) -> dict[str, set[int]]:
    """Id of the test video -> numbers of its segments that are target or interferer of a mixture."""
    form, found = AUDIOSEP.list.form, {}
    for line in form.lines(CORPUS.path(root, "test")):
        for clip in form.clips(line):
            stem = Path(clip.clip).stem
            found.setdefault(stem[1:12], set()).add(int(stem[13:]))
    return found


def _segments_of_file(path: str) -> Iterator[int]:
    """Numbers of the whole segments of a video; 0 where it is not there, so that it is listed as missing."""
    if not Path(path).exists():
        return iter([0])
    found = audio.info(path)
    return takewhile(lambda k: (k + 1) * SECONDS * found.sample_rate <= found.frames, count())
