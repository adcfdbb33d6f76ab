import csv
import subprocess
import sys

from lass.data.testset_dir import prepare
from lass.data.testsets import find_set


def test_noisy_speech(repo, shared, tmp_path):
    """The script's list and the yaml beside it make a set of 144 mixtures from the shared utterances."""
    tool = repo / "tools" / "bench" / "noisy_speech"
    command = [sys.executable, f"{tool}.py", str(shared / "data" / "speech"), str(tmp_path)]
    for _ in range(2):
        subprocess.run(command, check=True, capture_output=True)
    with open(tmp_path / "metadata" / "noisy_speech.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == 144 and {row["snr"] for row in rows} == {"0", "5", "10", "15"}
    assert len({row["speech"] for row in rows}) == 12 and len({row["noise"] for row in rows}) == 3
    assert prepare(find_set(f"{tool}.yaml"), tmp_path, tmp_path / "out", num_workers=2) == "exact"
    assert (tmp_path / "out" / "num_expected").read_text() == "144\n"
