"""Pictures of videos that the tests make: one colour a second."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.io import video
from lass.io.video import Segment, VideoError, each_second

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]


@pytest.fixture
def film(make_video: Callable, tmp_path: Path) -> Path:
    return make_video(tmp_path / "film.mp4", COLOURS)


def seconds(segment: Segment | str | Path) -> list[int]:
    """Which of the colours is seen, picture after picture."""
    found = []
    for picture in each_second(segment if isinstance(segment, Segment) else Segment.parse(str(segment))):
        assert picture.shape == (48, 64, 3) and picture.dtype == np.uint8
        distance = [np.abs(picture.astype(float) - colour).max() for colour in COLOURS]
        assert min(distance) < 20
        found.append(int(np.argmin(distance)))
    return found


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.webm", "libvpx")])
def test_one_picture_a_second(name, codec, make_video, tmp_path):
    path = make_video(tmp_path / name, COLOURS, codec)
    assert seconds(path) == [0, 1, 2, 3]
    assert seconds(f"{path}:1:2") == [1, 2]
    assert seconds(f"{path}:0.6:2.5") == [1, 2]  # at 1.1 and 2.1 s, and 3.1 s is its end
    assert seconds(f"{path}:1.2:0.3") == [1]  # shorter than 0.5 s
    assert seconds(f"{path}:3.7:20") == [3]  # ends before 0.5 s: its last


def test_a_segment_is_read_from_its_end_of_the_text():
    assert Segment.parse("a/b:1:2.mp4:30:10") == Segment("a/b:1:2.mp4", 30.0, 10.0)
    assert Segment.parse("a:b.mp4") == Segment("a:b.mp4", 0.0, float("inf"))
    assert Segment.parse("a.mp4:-3:10") == Segment("a.mp4:-3:10")


def test_few_frames_a_second_and_another_size(make_video, tmp_path):
    path = make_video(tmp_path / "slow.mp4", COLOURS, rate=1)
    assert seconds(path) == [0, 1, 2, 3]


def broken(folder: Path, name: str, film: Path) -> str:
    """A file that is no use, by its name."""
    path = folder / name
    if name == "half.mp4":
        path.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    elif name == "sound.ogg":
        soundfile.write(path, np.zeros(8000), 8000)
    elif name == "list.mp4":  # a playlist that would have another file opened
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{film}\n#EXT-X-ENDLIST\n")
    elif name == "concat.mp4":
        path.write_text(f"ffconcat version 1.0\nfile {film}\n")
    elif name == "empty.mp4":
        path.touch()
    return str(path)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.mp4", "No such file or directory"),
        ("half.mp4", "no video"),
        ("sound.ogg", "no video track"),
        ("list.mp4", "no video that can be decoded"),
        ("concat.mp4", "no video that can be decoded"),
        ("empty.mp4", "no video that can be decoded"),
        ("film.mp4:9:2", "no picture at 9 s or later"),
        (".", "Is a directory"),
    ],
)
def test_what_is_no_use_is_one_line(name, reason, film):
    path = broken(film.parent, name, film)
    with pytest.raises(VideoError, match=reason) as caught:
        seconds(path)
    assert str(caught.value).startswith(str(film.parent)) and "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a.mp4", "concat:a.mp4", "pipe:0", "-", "touch ran |"])
def test_a_name_is_that_of_a_file(address, film, monkeypatch):
    monkeypatch.chdir(film.parent)
    with pytest.raises(VideoError, match="No such file or directory"):
        seconds(Segment(address))
    assert not (film.parent / "ran").exists()


def test_pictures_that_are_far_too_large(film, monkeypatch):
    """A damaged header must not take all memory."""
    monkeypatch.setattr(video, "_LIMITS", {"max_pixels": "1000"})
    with pytest.raises(VideoError, match="no video that can be decoded"):
        seconds(film)


def test_a_clip_that_is_far_too_long(film, monkeypatch):
    monkeypatch.setattr(video, "MAX_PICTURES", 3)
    assert seconds(f"{film}:0:3") == [0, 1, 2]
    with pytest.raises(VideoError, match="more than 3 s: give <path>:<start>:<duration>"):
        seconds(film)
