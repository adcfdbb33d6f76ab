"""Audio files: read, write, resample. Waves are float32 ``[C, T]``, full scale is 1.0.

A path is what a ``wav.scp`` may hold: a file that soundfile reads, or ``<file>.ark:<offset>`` (Kaldi archive).
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from kaldiio.matio import read_kaldi

from lass.errors import LassError
from lass.io import ark
from lass.io.files import atomic_path

_ARCHIVE = re.compile(r"(.+\.ark):(\d+)")
_ARCHIVED_AUDIO = (b"RIFF", b"fLaC")
_WAV_SIZE = re.compile(r"^\s*data : (\d+) \(should be (\d+)\)", re.MULTILINE)
UNKNOWN_WAV_SIZE = 0x7FFFF000  # programs that write into a pipe put 2 or 4 GB here
_OGG_PAGE = 65307  # largest page in bytes, RFC 3533
UNKNOWN_FRAMES = 2**63 - 1  # what libsndfile says of a flac that a program wrote into a pipe
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


class AudioError(LassError):
    """An audio file that cannot be used; the message names the path and the reason."""


class AudioInfo(NamedTuple):
    """``sample_rate`` in Hz, number of ``channels``, ``frames`` = samples a channel."""

    sample_rate: int
    channels: int
    frames: int


def refuse_command(path: str) -> None:
    """AudioError for a path that a Kaldi reader would run as a shell command or take for an option or stdin."""
    if "|" in path:
        raise AudioError(f"{path}: '|' in a path (a shell pipe): write the audio to a file and name that")
    if path.startswith("-"):
        raise AudioError(f"{path}: begins with '-': write ./{path} or rename it")


def source_file(path: str | os.PathLike) -> Path:
    """The file on disk that ``path`` lies in: the archive of ``<file>.ark:<offset>``, else ``path`` itself."""
    match = _ARCHIVE.fullmatch(os.fspath(path))
    return Path(match[1] if match else path)


def info(path: str | os.PathLike) -> AudioInfo:
    """Rate, channels and frames, from the header (an archive's entry whose size is not known is decoded)."""
    with _opened(path) as f:
        if f is None:
            wave, rate = read(path)
            return AudioInfo(rate, *wave.shape)
        return AudioInfo(f.samplerate, f.channels, f.frames)


def read(path: str | os.PathLike, start: int = 0, frames: int = -1) -> tuple[np.ndarray, int]:
    """Read ``frames`` samples (-1: all that follow) from sample ``start`` on.

    Returns:
        wave float32 ``[C, T]``, T <= ``frames`` where the file ends earlier; sample rate in Hz
    Raises:
        AudioError: missing, empty or undecodable file, ``start`` behind the end, a whole file that is truncated
    """
    with _opened(path) as f:
        if f is None:
            wave, rate = _read_archive(path)
            length = wave.shape[1]
            wave = wave[:, start : None if frames < 0 else start + frames]
        else:
            rate, length = f.samplerate, f.frames
            try:
                f.seek(min(start, length))
                wave = f.read(frames, dtype="float32", always_2d=True).T
            except soundfile.LibsndfileError as e:
                raise AudioError(f"{path}: cannot decode ({e.error_string}): get the file again") from None
            if start == 0 and frames < 0:
                refuse_truncated(path, f, wave.shape[1])
    if start > length:
        raise AudioError(f"{path}: read from sample {start} of {length}: correct the start time")
    return np.ascontiguousarray(wave), rate


def read_whole(path: str | os.PathLike) -> tuple[np.ndarray, int]:
    """``read`` a whole file and also refuse one without samples or with samples that are not finite."""
    wave, rate = read(path)
    _refuse_samples(path, wave)
    return wave, rate


def read_part(path: str | os.PathLike, start: float, end: float) -> tuple[np.ndarray, int]:
    """``read`` from ``start`` to ``end`` (s), refusing the same as ``read_whole``; the rest is not decoded."""
    rate = info(path).sample_rate
    first = round(start * rate)
    wave, rate = read(path, first, round(end * rate) - first)
    _refuse_samples(path, wave)
    return wave, rate


def _refuse_samples(path: str | os.PathLike, wave: np.ndarray) -> None:
    if wave.size == 0:
        raise AudioError(f"{path}: no samples: remove it from the set")
    if not np.isfinite(wave).all():
        bad = np.flatnonzero(~np.isfinite(wave).all(axis=0))
        raise AudioError(f"{path}: {bad.size} samples are NaN or infinite, first at {bad[0]}: write the file again")


def md5(path: str | os.PathLike) -> str:
    """MD5 (hex) of the samples, channels in turn, as 16-bit integers: the same for every lossless copy of a clip.

    A FLAC file of 16 bits tells it in its header (RFC 9639, Sec. 8.2) and is not decoded.
    """
    if not _ARCHIVE.fullmatch(os.fspath(path)):
        with opened(path) as file, open(path, "rb") as f:
            header = f.read(42)  # "fLaC", 4 bytes that open STREAMINFO, 34 bytes of it; it ends with the MD5
        if header.startswith(b"fLaC") and file.subtype == "PCM_16" and any(header[26:]):
            return header[26:].hex()
    samples, _ = quantise(read_whole(path)[0].T, "PCM_16")
    return hashlib.md5((samples >> 16).astype("<i2").tobytes(), usedforsecurity=False).hexdigest()


def write(path: str | os.PathLike, wave: np.ndarray, sample_rate: int, subtype: str = "PCM_24") -> int:
    """Write ``wave`` ``[C, T]`` or ``[T]`` atomically; the container follows from the suffix.

    Returns:
        number of samples that were limited (clipped); 0 for FLOAT and DOUBLE
    Raises:
        AudioError: samples that are not finite, a container or subtype that soundfile does not write
    """
    refuse_command(os.fspath(path))
    samples = np.atleast_2d(np.asarray(wave)).T
    if not np.isfinite(samples).all():
        raise AudioError(f"{path}: not written: the wave holds NaN or infinite samples")
    samples, clipped = quantise(samples, subtype)
    try:
        with atomic_path(path) as temporary:
            soundfile.write(temporary, samples, sample_rate, subtype=subtype)
    except (soundfile.LibsndfileError, ValueError, TypeError) as e:
        raise AudioError(f"{path}: cannot write {subtype}: {e}") from None
    return clipped


def quantise(samples: np.ndarray, subtype: str) -> tuple[np.ndarray, int]:
    """Samples as soundfile is to write them, and how many were limited to full scale (clipped), so that none wraps.

    Integers are rounded to the nearest step here (libsndfile truncates floats in wav but rounds them in flac). FLOAT
    and DOUBLE stay as they are.
    """
    if subtype in ("FLOAT", "DOUBLE"):
        return samples, 0
    bits = BITS.get(subtype)
    exact = samples.dtype == np.float32 and (bits or 32) <= 24  # all steps are float32 as well
    steps = samples.astype(np.float32 if exact else np.float64)
    lowest, highest = -1.0, 1.0
    if bits:
        steps *= 2 ** (bits - 1)
        np.rint(steps, out=steps)
        lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    clipped = 0
    if steps.size and not (lowest <= steps.min() and steps.max() <= highest):
        clipped = int(np.count_nonzero((steps < lowest) | (steps > highest)))
        np.clip(steps, lowest, highest, out=steps)
    if bits:
        steps = steps.astype(np.int32)
        steps <<= 32 - bits  # libsndfile keeps the upper bits of int32
    return steps, clipped


def resample(wave: np.ndarray, from_rate: int, to_rate: int) -> np.ndarray:
    """Change the rate of ``wave`` ``[..., T]`` (Hz to Hz): float32 ``[..., round(T * to_rate / from_rate)]``.

    soxr "VHQ" (band-limited, linear phase, no delay). Measured with sines between 16, 22.05, 32, 44.1 and 48 kHz
    (limits in test/io/test_audio.py), N = the lower of the two Nyquist frequencies: pass-band flat within 0.01 dB up
    to 0.92 N, -3 dB at 0.95 N; stop-band from N on, aliases and images below -140 dB.
    """
    wave = np.asarray(wave, dtype=np.float32)
    if from_rate == to_rate:
        return wave
    if wave.ndim == 1:
        return soxr.resample(wave, from_rate, to_rate, quality="VHQ")
    return np.apply_along_axis(soxr.resample, -1, wave, from_rate, to_rate, quality="VHQ")


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[soundfile.SoundFile]:
    """The file, to be read from; an AudioError tells why not."""
    with _opened(path) as f:
        if f is None:
            raise AudioError(f"{path}: an entry whose size is not known, so it cannot be read in parts: pack it anew")
        yield f


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[soundfile.SoundFile | None]:
    """As ``opened``, but None for an archive's entry whose size is not known."""
    refuse_command(os.fspath(path))
    match = _ARCHIVE.fullmatch(os.fspath(path))
    with contextlib.ExitStack() as stack:
        try:
            if match is None and os.stat(path).st_size == 0:
                raise AudioError(f"{path}: empty file (0 bytes): get it again")
            source = stack.enter_context(ark.open_entry(match[1], int(match[2]))) if match else path
            found = stack.enter_context(soundfile.SoundFile(source)) if source else None
        except OSError as e:
            raise AudioError(f"{path}: cannot open ({e.strerror}): correct the path or get the file") from None
        except soundfile.LibsndfileError as e:
            raise AudioError(f"{path}: not an audio file that soundfile reads ({e.error_string}): "
                             "make it wav or flac, for example with ffmpeg") from None
        yield found


def refuse_truncated(path: str | os.PathLike, f: soundfile.SoundFile, decoded: int) -> None:
    """libsndfile reads what is left of a cut file without an error (only flac complains); say so instead."""
    if decoded < f.frames < UNKNOWN_FRAMES:
        raise AudioError(f"{path}: truncated: {decoded} of {f.frames} samples are there: get it again")
    sizes = _WAV_SIZE.search(f.extra_info)
    if sizes and int(sizes[2]) < int(sizes[1]) < UNKNOWN_WAV_SIZE:
        raise AudioError(f"{path}: truncated: {sizes[2]} of {sizes[1]} bytes of samples are there: get it again")
    if f.format == "OGG" and not _ARCHIVE.fullmatch(os.fspath(path)) and not _ends_with_last_ogg_page(path):
        raise AudioError(f"{path}: truncated: the last Ogg page is missing: get it again")


def _ends_with_last_ogg_page(path: str | os.PathLike) -> bool:
    with open(path, "rb") as f:
        f.seek(max(0, os.fstat(f.fileno()).st_size - _OGG_PAGE))
        tail = f.read()
    page = tail.rfind(b"OggS")
    if page < 0 or len(tail) < page + 27:
        return False
    lacing = tail[page + 27 : page + 27 + tail[page + 26]]
    end_of_stream = tail[page + 5] & 4  # header_type_flag, RFC 3533 Sec. 6
    return bool(end_of_stream) and len(tail) >= page + 27 + tail[page + 26] + sum(lacing)


def _read_archive(path: str | os.PathLike) -> tuple[np.ndarray, int]:
    """Decode one wav or flac entry of a Kaldi archive, which has no size: float32 ``[C, T]``, Hz.

    The archive is opened here, so that kaldiio never sees a name (it runs some names as shell commands), and the
    entry's first bytes are looked at first: kaldiio would unpickle an entry that begins with ``PKL``.
    """
    match = _ARCHIVE.fullmatch(os.fspath(path))
    archive, offset = match[1], int(match[2])
    where = f"{archive}:{offset}"
    try:
        with open(archive, "rb") as f:
            f.seek(offset)
            if f.read(4) not in _ARCHIVED_AUDIO:
                raise AudioError(f"{where}: no audio at this offset: write the archive and its scp again")
            f.seek(offset)
            rate, samples = read_kaldi(f)
    except OSError as e:
        raise AudioError(f"{where}: cannot open ({e.strerror}): correct the path or get the file") from None
    except AudioError:
        raise
    except Exception as e:  # kaldiio and its wave reader raise bare errors of many kinds on damaged bytes
        raise AudioError(f"{where}: cannot decode ({type(e).__name__}: {e}): write the archive again") from None
    wave = samples.reshape(len(samples), -1).T
    if wave.dtype == np.uint8:
        return (wave.astype(np.float32) - 128) / 128, rate
    if wave.dtype == np.int16:
        return wave.astype(np.float32) / 32768, rate
    return wave.astype(np.float32), rate
