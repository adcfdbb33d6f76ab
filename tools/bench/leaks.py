"""Time and memory of `lass check_leaks` at the size of AudioSet: 2.5 M training clips against 1000 of a test."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from lass.data.datadir import Row, write_data_dir

CLIPS, TESTED = 2_500_000, 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        train, test = Path(name) / "train", Path(name) / "test"
        write_data_dir(test, [Row(f"t{i}", "x.wav", origin=f"youtube:{i:011}:5:10") for i in range(TESTED)])
        write_data_dir(train, [Row("t", "x.wav")])
        with open(train / "utt2origin", "w", encoding="utf-8") as f:
            f.writelines(f"audioset-Y{i:011} youtube:{i:011}:{i % 300}.000:10.000\n" for i in range(CLIPS))
        command = [sys.executable, "-m", "lass.bin", "check_leaks", "--train", str(train), "--test", str(test)]
        done = subprocess.run(command, capture_output=True, text=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    pairs = len(done.stdout.splitlines())
    print(f"{CLIPS} clips against {TESTED}: {used.ru_utime + used.ru_stime:.1f} s of CPU time, "
          f"{used.ru_maxrss / 1024:.0f} MB, {pairs} pairs of clips named")


if __name__ == "__main__":
    main()
