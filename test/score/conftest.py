import numpy as np
import pytest

from lass.io import audio
from lass.io.table import write_table

TIME = np.arange(2000) / 8000  # s


class Rendered:
    """A rendered set of 0 dB mixtures and the estimates of a system that leaves ``leak`` of the interference."""

    rate = 8000  # Hz
    target = np.sin(2 * np.pi * 100 * TIME) / 4
    interference = np.sin(2 * np.pi * 300 * TIME) / 4  # orthogonal to the target, of the same power

    def __init__(self, folder):
        self.folder, self.set_dir, self.est_scp = folder, folder / "test", folder / "est.scp"

    def write(self, leaks: dict[str, list[float]], labels: dict[str, str]) -> "Rendered":
        tables = {name: [] for name in ("wav.scp", "ref.scp", "queries", "utt2labels")}
        estimates = []
        for mix, leak_of_query in leaks.items():
            tables["wav.scp"].append((mix, self.wave(f"{mix}.mix", self.target + self.interference)))
            tables["ref.scp"].append((mix, self.wave(f"{mix}.ref", self.target)))
            tables["utt2labels"].append((mix, labels[mix]))
            for k, leak in enumerate(leak_of_query):
                tables["queries"].append((f"{mix}#{k}", f'it\'s "{mix}"; $(k) | {k}'))
                estimates.append((f"{mix}#{k}", self.wave(f"{mix}.{k}", self.target + leak * self.interference)))
        for name, rows in tables.items():
            write_table(self.set_dir / name, rows)
        write_table(self.set_dir / "labels", [("bell", "Bell"), ("dog", "Dog, barking")])
        write_table(self.est_scp, estimates)
        return self

    def wave(self, name: str, samples: np.ndarray, rate: int = rate) -> str:
        path = self.folder / "audio" / f"{name}.wav"
        audio.write(path, samples, rate)
        return str(path)


@pytest.fixture
def rendered(tmp_path):
    """Three mixtures; the estimates have 20, 40 and (queries: 20, 0) dB."""
    leaks = {"mix1": [0.1], "mix2": [0.01], "mix3": [0.1, 1.0]}
    return Rendered(tmp_path).write(leaks, {"mix1": "bell", "mix2": "bell dog", "mix3": "dog"})


@pytest.fixture
def many(tmp_path):
    """Twelve mixtures of one query each."""
    names = [f"mix{i:02d}" for i in range(12)]
    return Rendered(tmp_path).write({n: [0.01 * (i + 1)] for i, n in enumerate(names)}, dict.fromkeys(names, "bell"))
