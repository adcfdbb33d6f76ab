"""Miniature corpora in the formats in which they are published, for test/recipes/test_every_recipe.py.

A module a recipe, of its name::

    OPTIONS = ("--subset", "esc10")            # of run.sh
    CLIPS = {"train": 18, "valid": 6}          # what stage data is to find; sets that it does not name are not compared
    MISSING = {"train": 1}                     # what it is to miss; none where it is not named

    def publish(folder: Path, yt_dlp: StandIn) -> dict[str, bytes]

``publish`` returns the files of conf/corpus.yaml by their names there; what YouTube has is told to the stand-in.
"""

from pathlib import Path

import numpy as np
import soundfile

WITHOUT_YOUTUBE = {"clotho", "esc50", "fsd50k", "voicebank", "wavcaps"}  # recipes
GONE = "Video unavailable. This video has been removed by the uploader"
ONTOLOGY = (
    b'[{"id": "/m/09x0r", "name": "Speech", "child_ids": ["/m/05zppz"]}, {"id": "/m/0bt9lr", "name": "Dog"},'
    b' {"id": "/m/05zppz", "name": "Male speech, man speaking"}, {"id": "/t/dd00134", "name": "Car passing by"}]'
)
LABELS = ("/m/09x0r,/m/05zppz", "/m/0bt9lr", "/t/dd00134")  # of segments, by turns


def put_on_youtube(folder: Path, yt_dlp: object, video: str, seconds: float = 1.0) -> None:
    """Noise as the sound of a video, already cut; another one for each id."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, path = np.random.default_rng(list(video.encode())), folder / "sound.flac"
    soundfile.write(path, 0.1 * rng.standard_normal(round(seconds * 8000)), 8000)
    yt_dlp.has(video, path)


def segments_csv(videos: list[str], starts: list[float] | None = None) -> bytes:
    """A list of AudioSet: three comment lines, blanks behind commas, times with three decimals, one that is short."""
    head = ["# Segments csv created Sun Mar  5 10:54:31 2017",
            f"# num_ytids={len(videos)}, num_segs={len(videos)}, num_unique_labels=4, num_positive_labels=9",
            "# YTID, start_seconds, end_seconds, positive_labels"]  # fmt: skip
    starts = starts or [30.0] * len(videos)
    lengths = [7.0 if k == 1 else 10.0 for k in range(len(videos))]
    lines = [f'{video}, {start:.3f}, {start + length:.3f}, "{LABELS[k % 3]}"'
             for k, (video, start, length) in enumerate(zip(videos, starts, lengths))]  # fmt: skip
    return "\n".join([*head, *lines, ""]).encode()
