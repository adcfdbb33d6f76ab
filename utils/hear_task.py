#!/usr/bin/env python3
"""Read a task of the HEAR benchmark: utils/hear_task.py TASK OUT

TASK is a folder as HEAR publishes it (https://hearbenchmark.com): task_metadata.json, a <split>.json with the label of
each clip, and the clips of a split in <sample rate>/<split>. Each split becomes the data directory OUT/<split>, which
lass probe takes. SC-5h is speech_commands-v0.0.2-5h, NS-5h nsynth_pitch-v2.2.3-5h.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from lass.data.datadir import Row, summary, write_data_dir
from lass.data.validate import validate
from lass.errors import LassError, run
from lass.io.files import atomic_folder, refuse_existing

METADATA = "task_metadata.json"
KIND = {"embedding_type": "scene", "prediction_type": "multiclass"}  # one label a clip: what a probe can be asked


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", type=Path, help="folder of a task")
    parser.add_argument("out", type=Path, help="where the data directories are written")
    args = parser.parse_args(argv)
    refuse_existing(args.out)
    clips = audio_folder(args.task)
    splits = sorted(path.name for path in clips.iterdir() if path.is_dir())
    with atomic_folder(args.out) as folder:
        for split in splits:
            write_data_dir(folder / split, rows(args.task, split, clips / split))
            if problems := validate(folder / split):
                raise LassError("; ".join(problems[:5]))
    print(*(summary(args.out / split) for split in splits), sep="\n")


def audio_folder(task: Path) -> Path:
    """The clips at their lowest sample rate, of which HEAR has none below 16 kHz.

    Raises:
        LassError: no task, one of another kind, or one without clips.
    """
    found = read(task / METADATA)
    if other := {key: found.get(key) for key, value in KIND.items() if found.get(key) != value}:
        raise LassError(f"{task / METADATA}: {other}: a probe needs one label a clip, {KIND}: choose another task")
    rates = sorted(int(path.name) for path in task.iterdir() if path.is_dir() and path.name.isdigit())
    if not rates:
        raise LassError(f"{task}: no folder of clips such as 16000 or 48000: unpack the archive again")
    return task / str(rates[0])


def rows(task: Path, split: str, clips: Path) -> Iterator[Row]:
    """The clips of a split, each with its one label; pitches are numbers in NS-5h."""
    path = task / f"{split}.json"
    for name, labels in read(path).items():
        if not isinstance(labels, list) or len(labels) != 1:
            raise LassError(f"{path}: {name}: {labels!r} is not one label in brackets: get the task again")
        if Path(name).name != name or not (clips / name).is_file():
            raise LassError(f"{path}: {name}: no such clip in {clips}: unpack the archive again")
        label = str(labels[0])
        yield Row(f"hear-{Path(name).stem}", str((clips / name).resolve()), labels={label.replace(" ", "_"): label})


def read(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LassError(f"{path}: cannot be read ({error}): give the folder of a task of HEAR, as unpacked") from None
    if not isinstance(found, dict):
        raise LassError(f"{path}: not a JSON object: get the task again")
    return found


if __name__ == "__main__":
    run(main, "hear_task.py")
