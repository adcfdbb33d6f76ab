"""FSD50K of a second or less a clip: zips in parts, smeared labels."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import soundfile

from fixtures.split_zips import write_parts

OPTIONS = ()
CLIPS = {"train": 8, "valid": 4, "test": 5}
MISSING = {"test": 1}
IDS = {"Animal": "/m/0jbk", "Dog": "/m/0bt9lr", "Bark": "/m/05tny_", "Music": "/m/04rlf", "Electric_guitar": "/m/02sgy",
       "Domestic_sounds_and_home_sounds": "/t/dd00071", "Doorbell": "/m/03wwcy"}  # fmt: skip
CHILDREN = {"Animal": ["Dog"], "Dog": ["Bark"], "Music": ["Electric_guitar"],
            "Domestic_sounds_and_home_sounds": ["Doorbell", "Dog"]}  # fmt: skip
SMEARED = ("Bark,Dog,Animal", "Dog,Animal", "Electric_guitar,Music", "Doorbell,Domestic_sounds_and_home_sounds")


def line(number: int, *split: str) -> str:
    names = SMEARED[number % 4]
    fields = [str(number), names, ",".join(IDS[name] for name in names.split(",")), *split]
    return ",".join(f'"{field}"' if "," in field else field for field in fields)


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    dev, evaluation = range(100, 112), range(200, 206)
    truth = {
        "dev.csv": ["fname,labels,mids,split", *(line(n, "train" if n < 108 else "val") for n in dev)],
        "eval.csv": ["fname,labels,mids", *(line(n) for n in evaluation)],
        "vocabulary.csv": [f"{k},{name},{label}" for k, (name, label) in enumerate(IDS.items())],
    }
    ontology = [{"id": label, "name": name, "child_ids": [IDS[child] for child in CHILDREN.get(name, ())]}
                for name, label in IDS.items()]  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, lines in truth.items():
            archive.writestr(f"FSD50K.ground_truth/{name}", "\n".join(lines) + "\n")
    return {
        **in_parts(folder, "dev", dev, 180_000),
        **in_parts(folder, "eval", [n for n in evaluation if n != 205], 250_000),
        "ground_truth": packed.getvalue(),
        "ontology": json.dumps(ontology).encode(),
    }


def in_parts(folder: Path, part: str, numbers, size: int) -> dict[str, bytes]:
    """A zip of the clips in parts of ``size`` bytes, by the names of conf/corpus.yaml."""
    rng, members = np.random.default_rng(len(part)), {}
    for number in numbers:
        sound, seconds = io.BytesIO(), 0.3 if number == 103 else 1.0
        soundfile.write(sound, 0.1 * rng.standard_normal(round(44100 * seconds)), 44100, format="WAV")
        members[f"FSD50K.{part}_audio/{number}.wav"] = sound.getvalue()
    (folder / part).mkdir(parents=True)
    write_parts(folder / part / "audio.zip", members, size)
    parts = {f"{part}_{path.suffix[1:]}": path.read_bytes() for path in (folder / part).iterdir()}
    return {name.removesuffix("_zip"): content for name, content in parts.items()}
