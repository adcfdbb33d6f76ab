"""Audio of any length in blocks ``[C, n]``: read, resample, write, in the memory of a block.

The name ``-`` is standard input or output. Both hold wav; in a pipe, its header may leave the length open.
"""

import contextlib
import os
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr

from lass.io import audio
from lass.io.audio import AudioError
from lass.io.files import atomic_path

PIPE = "-"
FRAMES = 2**16  # samples a channel that are read at once
SUBTYPES = {  # what the kinds of files may hold here, the default first; not ADPCM, which adds samples
    ".wav": ("PCM_24", "PCM_16", "PCM_32", "PCM_U8", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
    ".flac": ("PCM_24", "PCM_16", "PCM_S8"),
    ".ogg": ("VORBIS", "OPUS"),
    ".mp3": ("MPEG_LAYER_III",),
}
_WAV_BYTES = {"PCM_24": 3, "PCM_16": 2, "PCM_32": 4, "PCM_U8": 1, "FLOAT": 4, "DOUBLE": 8}  # a sample
_WAV_LIMIT = 2**32 - 2**16  # bytes; the sizes in a wav header have 32 bits, those of RF64 have 64
_WAV_DATA = re.compile(r"^\s*data : (\d+)", re.MULTILINE)


class WriteError(AudioError):
    """An output that cannot be written."""


class Form(NamedTuple):
    """``sample_rate`` in Hz, ``channels``, ``frames`` = samples a channel (None: unknown), libsndfile's ``subtype``."""

    sample_rate: int
    channels: int
    frames: int | None
    subtype: str


def known_suffix(path: str | os.PathLike) -> str:
    """The suffix of a file to be written, in small letters; an AudioError if it is not in SUBTYPES."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUBTYPES:
        raise AudioError(f"{path}: unknown kind of file: end the name in {', '.join(SUBTYPES)}")
    return suffix


def subtype_for(path: str, subtype: str) -> str:
    """``subtype`` if a file of the name ``path`` can hold it, else the default of its kind."""
    held = tuple(_WAV_BYTES) if path == PIPE else SUBTYPES[known_suffix(path)]
    return subtype if subtype in held else held[0]


@contextlib.contextmanager
def reading(path: str) -> Iterator[tuple[Form, Iterator[np.ndarray]]]:
    """Open a file: its form, and its samples as blocks float64 ``[C, n]``, to be gone through once.

    Raises:
        AudioError: missing, no audio, no samples, truncated; a sample that is not finite when its turn comes
    """
    name = "standard input" if path == PIPE else path
    with _standard_input(name) if path == PIPE else audio.opened(path) as f:
        size = _WAV_DATA.search(f.extra_info)
        open_end = size and int(size[1]) >= audio.UNKNOWN_WAV_SIZE and not f.seekable()
        frames = None if open_end or f.frames == audio.UNKNOWN_FRAMES else f.frames
        if path != PIPE or f.format != "OGG":  # the end of an ogg in a pipe is not there to be looked at
            audio.refuse_truncated(name, f, f.frames)
        yield Form(f.samplerate, f.channels, frames, f.subtype), _blocks(name, f, frames or 0)


def _standard_input(name: str) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(0, closefd=False)
    except soundfile.LibsndfileError as e:
        raise AudioError(f"{name}: no wav that soundfile reads ({e.error_string})") from None


def _blocks(name: str, f: soundfile.SoundFile, least: int) -> Iterator[np.ndarray]:
    done = 0
    while True:
        try:
            block = f.read(FRAMES, dtype="float64", always_2d=True).T
        except soundfile.LibsndfileError as e:
            raise AudioError(f"{name}: cannot decode ({e.error_string}): get the file again") from None
        if block.shape[1] == 0:
            break
        bad = np.flatnonzero(~np.isfinite(block).all(axis=0))
        if bad.size:
            raise AudioError(f"{name}: sample {done + bad[0]} is NaN or infinite: write the file again")
        done += block.shape[1]
        yield block
    if done == 0:
        raise AudioError(f"{name}: no samples: nothing to separate")
    if done < least:
        raise AudioError(f"{name}: truncated: {done} of {least} samples are there: get it again")


def resampled(blocks: Iterable[np.ndarray], from_rate: int, to_rate: int) -> Iterator[np.ndarray]:
    """Change the rate (Hz to Hz): float32 blocks, joined what ``audio.resample`` makes of the whole wave."""
    if from_rate == to_rate:
        yield from (np.asarray(block, dtype=np.float32) for block in blocks)
        return
    stream = None
    for block in blocks:
        if stream is None:
            stream = soxr.ResampleStream(from_rate, to_rate, len(block), dtype="float32", quality="VHQ")
        yield stream.resample_chunk(np.ascontiguousarray(block.T, dtype=np.float32)).T
    if stream is not None:
        yield stream.resample_chunk(np.zeros((0, len(block)), dtype=np.float32), last=True).T


class Writer:
    """A file that ``writing`` has opened.

    Attributes:
        frames: samples a channel that were written.
        clipped: samples of them that were limited to full scale.
    """

    def __init__(self, name: str, file: soundfile.SoundFile, subtype: str):
        self.name, self._file, self._subtype = name, file, subtype
        self.frames = self.clipped = 0

    def write(self, block: np.ndarray) -> None:
        """Append ``[C, n]``."""
        if not np.isfinite(block).all():
            raise AudioError(f"{self.name}: not written: the wave holds NaN or infinite samples")
        samples, clipped = audio.quantise(block.T, self._subtype)
        with _one_line(self.name):
            self._file.write(samples)
        self.frames += block.shape[1]
        self.clipped += clipped


@contextlib.contextmanager
def writing(path: str, form: Form) -> Iterator[Writer]:
    """Open a file to be written in blocks. It takes its name when the context ends and all is on disk, or never.

    Raises:
        WriteError: it cannot be written, the disk is full, or its kind does not hold this form
    """
    name = "standard output" if path == PIPE else path
    with contextlib.ExitStack() as stack:
        with _one_line(name):
            if path == PIPE:
                os.write(1, _wav_header(form))
                file = soundfile.SoundFile(1, "w", *form[:2], form.subtype, "LITTLE", "RAW", closefd=False)
            else:
                audio.refuse_command(path)
                temporary = stack.enter_context(atomic_path(path))
                large = Path(path).suffix.lower() == ".wav" and _wav_size(form) > _WAV_LIMIT
                file = _created(path, temporary, form, "RF64" if large else None)
        writer = Writer(name, file, form.subtype)
        try:
            yield writer
        except BaseException:
            with contextlib.suppress(soundfile.LibsndfileError):
                file.close()
            raise
        with _one_line(name):
            file.close()
            if path == PIPE:
                os.write(1, b"\0" * (_wav_size(form) % 2))
            elif soundfile.info(temporary).frames != writer.frames:  # closing writes, too, and tells no errors
                raise WriteError(f"{name}: cannot write to the end: the disk is full, or a wav has more than 4 GB")
            stack.close()


def _created(name: str, temporary: Path, form: Form, container: str | None) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(temporary, "w", *form[:2], form.subtype, format=container)
    except soundfile.LibsndfileError as e:
        raise WriteError(f"{name}: cannot hold {form.channels} channel(s) of {form.sample_rate} Hz as {form.subtype} "
                         f"({e.error_string}): give a name in .wav or .flac") from None


def _wav_size(form: Form) -> int:
    """Bytes of the samples in a wav, 0 where their number is not known."""
    return (form.frames or 0) * form.channels * _WAV_BYTES.get(form.subtype, 4)


def _wav_header(form: Form) -> bytes:
    """What stands before the samples of a wav in a pipe, which libsndfile does not write; sizes that are not known or
    too large are 2^32 - 1, as ffmpeg has it."""
    width, size = _WAV_BYTES[form.subtype], _wav_size(form)
    frame, known = form.channels * width, 0 < size < _WAV_LIMIT
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size + size % 2 if known else 2**32 - 1, b"WAVE", b"fmt ", 16,
        3 if form.subtype in ("FLOAT", "DOUBLE") else 1, form.channels, form.sample_rate, form.sample_rate * frame,
        frame, 8 * width, b"data", size if known else 2**32 - 1,
    )  # fmt: skip


@contextlib.contextmanager
def _one_line(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise WriteError(f"{name}: cannot write ({e.strerror or e}): choose another place, or make room") from None
    except soundfile.LibsndfileError as e:
        raise WriteError(f"{name}: cannot write ({e.error_string}): is the disk full?") from None
