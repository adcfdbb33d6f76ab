"""MUSIC: ids by instrument in JSON, whole videos; the test by AudioSep's list."""

import json
from pathlib import Path

from corpora import GONE, put_on_youtube

OPTIONS = ()
INSTRUMENTS = ("acoustic_guitar", "erhu", "tuba")
VIDEOS = {name: [f"{'-_a'[k % 3]}{name[:4]}{k:06d}" for k in range(9)] for name in INSTRUMENTS}
TEST = [videos[0] for videos in VIDEOS.values()]
CLIPS = {"test": 3}
MISSING = {"test": 1}


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    for videos in VIDEOS.values():
        for k, video in enumerate(videos):
            put_on_youtube(folder, yt_dlp, video, 25.0 if k == 0 else 10.0)
    yt_dlp.says(TEST[0], GONE)
    lines = ["idx,caption,src_wav,noise_wav"]
    for k, (target, other) in enumerate([(TEST[1], TEST[2]), (TEST[2], TEST[1]), (TEST[0], TEST[1])]):
        lines.append(f"{k},erhu,Y{target}_{k % 2}.wav,Y{other}_1.wav")
    return {"solos": json.dumps({"version": 1.0, "videos": VIDEOS}).encode(), "test": "\r\n".join(lines).encode()}
