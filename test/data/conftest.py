import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.data.datadir import DataDir, Row, write_data_dir

RATE = 8000  # Hz


def noise(seed: int, samples: int = 4000, peak: float = 0.5) -> np.ndarray:
    """Noise of one peak, and of a loudness that changes along it."""
    wave = np.random.default_rng(seed).standard_normal(samples) * np.linspace(0.3, 1.0, samples)
    return wave * peak / np.abs(wave).max()


@pytest.fixture
def clip_set(tmp_path) -> Callable[..., DataDir]:
    """Make a set: ``{utt: (label, wave)}``, each wave written as PCM_16 wav."""

    def make(clips: dict[str, tuple[str, np.ndarray]], name: str = "clips", rate: int = RATE) -> DataDir:
        audio: Path = tmp_path / name / "audio"
        audio.mkdir(parents=True)
        rows = []
        for utt, (label, wave) in clips.items():
            soundfile.write(audio / f"{utt}.wav", wave, rate, subtype="PCM_16")
            os.utime(audio / f"{utt}.wav", (1e9, 1e9))  # older than all that is made of it
            rows.append(Row(utt, str(audio / f"{utt}.wav"), [f"a {label}", f"{label} sounds"], {label: label.title()}))
        write_data_dir(tmp_path / name, rows)
        return DataDir(tmp_path / name)

    return make


@pytest.fixture
def six(clip_set) -> DataDir:
    """Six clips of half a second, two of each of three labels."""
    return clip_set({f"c{i}": (("bell", "dog", "rain")[i // 2], noise(i)) for i in range(6)})
