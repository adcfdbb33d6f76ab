"""AudioSet: all three lists, ids that begin with two dashes, a segment below 10 s, PANNs' folders."""

from pathlib import Path

from corpora import GONE, ONTOLOGY, put_on_youtube, segments_csv

OPTIONS = ("--part", "all")
BALANCED = [f"--{k:04d}audio" for k in range(7)]
UNBALANCED = [f"-u{k:04d}audio" for k in range(4)]
EVAL = [f"_e{k:04d}audio" for k in range(4)]
CLIPS = {"train": 8, "valid": 2, "test": 3}
MISSING = {"train": 1, "test": 1}


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    for video in (*BALANCED, *UNBALANCED[1:], *EVAL[1:]):
        put_on_youtube(folder, yt_dlp, video)
    for video in (UNBALANCED[0], EVAL[0]):
        yt_dlp.says(video, GONE)
    return {
        "balanced": segments_csv(BALANCED),
        "unbalanced": segments_csv(UNBALANCED),
        "eval": segments_csv(EVAL),
        "ontology": ONTOLOGY,
        "classes": b'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/m/05zppz,"Male speech, man speaking"\n',
    }
