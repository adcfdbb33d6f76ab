import numpy as np
import pytest

RATE = 16000  # Hz


def voice(seconds: float = 1.5) -> np.ndarray:
    """A hummed vowel that comes and goes, with a little noise: float32 ``[T]`` in which PESQ finds utterances."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 2 * time)) / RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 30)) * np.clip(np.sin(2 * np.pi * 2.5 * time), 0, 1)
    return (0.1 * tone + 1e-3 * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32)


@pytest.fixture(scope="session")
def speech() -> np.ndarray:
    return voice()


@pytest.fixture(scope="session")
def noise(speech) -> np.ndarray:
    """White noise about 1 dB louder than ``speech``."""
    return (0.05 * np.random.default_rng(1).standard_normal(len(speech))).astype(np.float32)
