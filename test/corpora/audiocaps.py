"""AudioCaps, version 1: CRLF, ids with dashes, captions with commas and beyond ASCII, five a clip in val and test."""

from pathlib import Path

from corpora import GONE, ONTOLOGY, put_on_youtube, segments_csv

OPTIONS = ()
TRAIN, VALID, TEST = ([f"{mark}{k}aptions_{k}"[:11] for k in range(count)] for mark, count in (("-c", 9), ("_v", 3),
                                                                                               ("-T", 4)))  # fmt: skip
CLIPS = {"train": 8, "valid": 3, "test": 4}
MISSING = {"train": 1}


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    for video in (*TRAIN[1:], *VALID, *TEST):
        put_on_youtube(folder, yt_dlp, video)
    yt_dlp.says(TRAIN[0], GONE)
    return {
        "v1_train": captions_csv(TRAIN, 1),
        "v1_val": captions_csv(VALID, 5),
        "v1_test": captions_csv(TEST, 5),
        "balanced": segments_csv(TRAIN[:5]),
        "unbalanced": segments_csv([*TRAIN[5:], *VALID, "not-of-them"]),
        "eval": segments_csv(TEST),
        "ontology": ONTOLOGY,
    }


def captions_csv(videos: list[str], captions: int) -> bytes:
    lines = ["audiocap_id,youtube_id,start_time,caption"]
    for k in range(captions):
        for number, video in enumerate(videos):
            text = ("A café is loud", '"Water splashes, ducks quack"')[(k + number) % 2]
            lines.append(f"{100 * k + number},{video},30,{text}")
    return "".join(f"{line}\r\n" for line in lines).encode()
