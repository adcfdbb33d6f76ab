"""The sounds of the page: FLAC files and small spectrograms of a mixture, its target, the estimate and the residual."""

import re
from collections.abc import Iterable
from pathlib import Path

from lass.io import audio
from lass.report.clips import Clip
from lass.report.figures.spectrogram import magnitudes, write_small

FOLDER = "audio"  # beside the page
ROLES = ("mixture", "target", "estimate", "residual")
OURS = re.compile(rf"\d{{3,}}-[A-Za-z0-9._+=-]*-({'|'.join(ROLES)})\.(flac|png)")


def stem(number: int, mix_id: str) -> str:
    """Begin of the file names of the page's mixture ``number``: no separator, no leading dot, none twice."""
    return f"{number:03d}-{re.sub(r'[^A-Za-z0-9._+=-]', '_', mix_id)[:100]}"


def file_names(stem: str) -> list[str]:
    return [f"{stem}-{role}.{suffix}" for role in ROLES for suffix in ("flac", "png")]


def write(folder: Path, stem: str, clip: Clip) -> None:
    """Write the files of a clip; residual = mixture - estimate. FLAC is PCM_16, so louder samples are clipped."""
    waves = (clip.mixture, clip.target, clip.estimate, clip.mixture - clip.estimate)
    spectra = [magnitudes(wave, clip.rate) for wave in waves]
    for role, wave, values in zip(ROLES, waves, spectra):
        audio.write(folder / f"{stem}-{role}.flac", wave, clip.rate, "PCM_16")
        write_small(folder / f"{stem}-{role}.png", values, spectra[0].max())


def remove_others(folder: Path, kept: Iterable[str]) -> None:
    """Remove what an older page left; files that do not have our names stay."""
    kept = set(kept)
    for path in folder.glob("*"):  # none where there is no folder
        if path.name not in kept and OURS.fullmatch(path.name):
            path.unlink()
