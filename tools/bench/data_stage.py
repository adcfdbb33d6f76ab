"""Stage data at AudioSet's size: time and memory of `lass data` for a list of 2 084 320 segments, on one core.

    python tools/bench/data_stage.py [--rows N] [--folder DIR]

Lists of that size are made up; their clips are hard links to a few silent files, so that every one is there.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

REPO = Path(__file__).resolve().parents[2]
RECIPE = REPO / "egs" / "audioset" / "local" / "data.py"
SHARES = {"balanced_train_segments": 22160, "eval_segments": 20371, "unbalanced_train_segments": 2041789}
PART = 50000  # segments a folder
CLASSES = 527
LINKS = 30000  # of one file; ext4 takes 65000
LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=sum(SHARES.values()), help="segments (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where the lists are made; needs 2 million inodes' names")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        root, out = Path(folder) / "root", Path(folder) / "out"
        make_corpus(root, args.rows / sum(SHARES.values()))
        core = min(os.sched_getaffinity(0))
        command = [sys.executable, "-m", "lass.bin", "data", str(RECIPE), str(out), "--root", str(root)]
        command += ["--train_sets", "train valid", "--leaks", "paper"]
        command += ["part=all", "video=false", "cookies=", "anchors_list="]
        begin = time.monotonic()
        subprocess.run(command, check=True, cwd=REPO, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        wall, used = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{args.rows} rows: {wall:.1f} s, of which {used.ru_utime + used.ru_stime:.1f} s on the core, "
          f"at most {used.ru_maxrss / 1024:.0f} MB")  # fmt: skip


def make_corpus(root: Path, share: float) -> None:
    """The three lists, the ontology, and a name for each clip."""
    rng = np.random.default_rng(0)
    classes = [f"/m/{k:05x}" for k in range(CLASSES)]
    root.mkdir()
    names = [{"id": label, "name": f"Class {k}, sound"} for k, label in enumerate(classes)]
    (root / "ontology.json").write_text(json.dumps(names), encoding="utf-8")
    for stem, published in SHARES.items():
        rows = round(published * share)
        ids = LETTERS[rng.integers(len(LETTERS), size=(rows, 11))].tobytes().decode()
        starts, counts = rng.integers(60, size=rows) * 10, rng.integers(1, 5, size=rows)
        chosen = rng.integers(CLASSES, size=(rows, 4))
        with open(root / f"{stem}.csv", "w", encoding="utf-8") as lines:
            lines.write(f"# Segments csv\n# num_ytids={rows}, num_segs={rows}, num_unique_labels=527\n")
            lines.write("# YTID, start_seconds, end_seconds, positive_labels\n")
            for k in tqdm(range(rows), desc=stem, mininterval=2):
                video, labels = ids[11 * k : 11 * k + 11], ",".join({classes[c] for c in chosen[k, : counts[k]]})
                lines.write(f'{video}, {starts[k]}.000, {starts[k] + 10}.000, "{labels}"\n')
                folder = root / "audios" / stem
                if stem.startswith("unbalanced"):
                    folder /= f"{stem}_part{k // PART:02d}"
                link(root, folder, video, k)


def link(root: Path, folder: Path, video: str, k: int) -> None:
    """Name a clip; the first of a folder, and each after so many others, is a file of its own."""
    first = folder / f".{k // LINKS}.wav"
    if k % 1000 == 0 and not first.exists():
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(first, np.zeros(8), 32000)
    os.link(first, f"{folder}/Y{video}.wav")


if __name__ == "__main__":
    main()
