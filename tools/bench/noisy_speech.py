"""Pair each utterance of a folder with each of its noises, at 0, 5, 10 and 15 dB: noisy_speech.py FOLDER ROOT

FOLDER holds noise*.wav and speech under other names. The list and a link to FOLDER are put into the benchmark root,
ROOT, where `lass benchmark --sets tools/bench/noisy_speech.yaml` finds them.
"""

import argparse
import csv
import itertools
from pathlib import Path

SNRS = (0, 5, 10, 15)  # dB; those of VoiceBank-DEMAND's training part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("root", type=Path)
    args = parser.parse_args()
    names = sorted(path.name for path in args.folder.glob("*.wav"))
    noises = [name for name in names if name.startswith("noise")]
    speech = [name for name in names if name not in noises]
    for folder in ("metadata", "clips"):
        (args.root / folder).mkdir(parents=True, exist_ok=True)
    link = args.root / "clips" / "noisy_speech"
    link.unlink(missing_ok=True)
    link.symlink_to(args.folder.resolve())
    with open(args.root / "metadata" / "noisy_speech.csv", "w", encoding="utf-8", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(("speech", "noise", "snr"))
        rows.writerows(itertools.product(speech, noises, SNRS))
    print(f"{args.root}: {len(speech)} utterances, {len(noises)} noises, {len(SNRS)} levels")


if __name__ == "__main__":
    main()
