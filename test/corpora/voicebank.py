"""VoiceBank-DEMAND of one second a clip: hummed syllables at 48 kHz, and the same in noise."""

import io
import zipfile
from pathlib import Path

import numpy as np
import soundfile

OPTIONS = ()
CLIPS = {"train": 11, "valid": 8}  # of the six pairs to train on, one has another gain
MISSING = {"train": 1}
RATE = 48000  # Hz
TRAIN = [f"{speaker}_{k:03d}" for speaker in ("p227", "p228", "p229", "p226", "p287") for k in (1, 2)]
TEST = ["p232_001", "p257_002"]
LOUDER = "p228_002"


def publish(folder: Path, yt_dlp: object) -> dict[str, bytes]:
    log = [f"{name} {('cafeteria', 'ssn')[k % 2]} {5 * (k % 4)}" for k, name in enumerate(TRAIN)]
    logs = {"log_readme.txt": ["wavfile noise SNR(dB)"], "log_trainset_28spk.txt": log, "log_trainset_56spk.txt": log,
            "log_testset.txt": [f"{name} bus 2.5" for name in TEST], "__MACOSX/._log_readme.txt": ["x"]}  # fmt: skip
    clips = {"28": ("trainset_28spk_wav", TRAIN), "test": ("testset_wav", TEST)}
    files = {"logs": packed({name: "\n".join(lines).encode() for name, lines in logs.items()})}
    for part, (stem, names) in clips.items():
        pairs = {name: pair(k, name) for k, name in enumerate(names)}
        for i, kind in enumerate(("clean", "noisy")):
            members = {f"{kind}_{stem}/{name}.wav": wave(both[i]) for name, both in pairs.items()}
            files[f"{kind}_{part}"] = packed(members | {f"__MACOSX/{kind}_{stem}/._junk": b"junk"})
    return files


def pair(number: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Clean and noisy ``[T]``, int16; the speech of one clip is louder in noise than it is alone."""
    rng, time = np.random.default_rng([number, len(name)]), np.arange(RATE) / RATE
    voice = sum(np.sin(2 * np.pi * k * 120 * time + rng.uniform(0, 6)) / k for k in range(1, 20))
    clean = 0.05 * voice * np.clip(np.sin(2 * np.pi * 4 * time), 0.0, 1.0)
    noise = rng.standard_normal(RATE)
    noise *= np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-5 * (number % 4) / 20)
    clean, noise = (np.rint(32768 * x).astype(np.int16) for x in (clean, noise))
    return clean, clean * (2 if name == LOUDER else 1) + noise


def wave(samples: np.ndarray) -> bytes:
    sound = io.BytesIO()
    soundfile.write(sound, samples.astype(np.int16), RATE, format="WAV", subtype="PCM_16")
    return sound.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()
