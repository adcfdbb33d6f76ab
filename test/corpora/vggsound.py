"""VGGSound: no header, labels with commas, two clips of one video, one video in both parts; AudioSep's pairs."""

from pathlib import Path

from corpora import GONE, put_on_youtube

OPTIONS = ("--test_clips", "audiosep")
LABELS = ('"female speech, woman speaking"', "eletric blender running", "people marching")
TRAIN = [f"-vgg_tu{k:04d}" for k in range(8)]
TEST = [f"_vgg_te{k:04d}" for k in range(4)]
CLIPS = {"test": 4}
MISSING = {"train": 1}


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    lines = [f"{video},{30 * (k > 3)},{LABELS[k % 3]},train" for k, video in enumerate(TRAIN)]
    lines += [f"{TRAIN[1]},110,{LABELS[0]},train", f"{TEST[0]},200,{LABELS[1]},train"]
    lines += [f"{video},{k},{LABELS[k % 3]},test" for k, video in enumerate(TEST)]
    for video in (*TRAIN[1:], *TEST):
        put_on_youtube(folder, yt_dlp, video)
    yt_dlp.says(TRAIN[0], GONE)
    return {"clips": "\n".join(lines).encode(), "audiosep": pairs()}


def pairs() -> bytes:
    names = [f"{video}_{k:06d}" for k, video in enumerate(TEST)]
    lines = ["file_id,mix_wav,s0_wav,s0_text,s1_wav,s1_text"]
    for k in range(3):
        pair = f"{names[k]}+++{names[k + 1]}"
        lines.append(f"{pair},data/mix_wav/{pair}.wav,data/s0_wav/{pair}.wav,a,data/s1_wav/{pair}.wav,b")
    return "\n".join([*lines, ""]).encode()
