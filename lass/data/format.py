"""The format stage: audio of any rate, channel count and container becomes a store of 32 kHz mono FLAC (PCM_16).

``convert`` makes one job's share of the files, ``gather`` then writes the data directory of those that succeeded.
A file that exists and is not older than its source is kept, so an interrupted job goes on where it stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lass.data.datadir import TABLES, UTT_ID, DataDir
from lass.data.leak_policy import REPORT
from lass.errors import LassError
from lass.io import audio
from lass.io.files import write_text
from lass.io.table import iterate_table, write_table

STORE_RATE = 32000  # Hz
_FAILED_HEADER = "utt\tpath\treason\n"


@dataclass
class Converted:
    """What a job did: files written, kept and failed; samples over full scale that were limited, in how many files."""

    written: int = 0
    kept: int = 0
    failed: int = 0
    clipped_samples: int = 0
    clipped_files: int = 0

    def __str__(self) -> str:
        clipped = f"{self.clipped_samples} samples clipped in {self.clipped_files} files"
        return f"{self.written} written, {self.kept} kept, {self.failed} failed, {clipped}"


def to_store(
    source: str, target: Path, sample_rate: int = STORE_RATE, segment: tuple[float, float] | None = None
) -> int:
    """Write ``source`` as mono FLAC PCM_16 to ``target``, atomically; returns the number of clipped samples.

    Mono is the mean of all channels in float64. AudioError for a source that is truncated, empty or not finite. Of a
    ``segment`` (start and end in seconds) nothing else is decoded; one that ends behind the file ends with it.
    """
    wave, rate = audio.read_whole(source) if segment is None else audio.read_part(source, *segment)
    mono = wave[0] if len(wave) == 1 else wave.mean(axis=0, dtype=np.float64)
    return audio.write(target, audio.resample(mono, rate, sample_rate), sample_rate, "PCM_16")


def convert(
    source: Path, target: Path, store: Path, job: int = 1, num_jobs: int = 1, sample_rate: int = STORE_RATE
) -> Converted:
    """Convert clips ``job``, ``job + num_jobs``, .. (1-based) of the data directory ``source`` into ``store``.

    A clip that fails is listed with its reason in ``<target>/.format/failed.<job>.tsv``, its old output is removed,
    and the others go on.

    Raises:
        LassError: no such job, or ``store`` holds the clips at another rate.
    """
    if not 1 <= job <= num_jobs:
        raise LassError(f"job {job} of {num_jobs}: jobs are counted from 1")
    data = DataDir(source)
    wav = data.wav
    done, failures = Converted(), []
    for i in tqdm(range(job - 1, len(wav), num_jobs), desc="format", unit="file", mininterval=2):
        utt, path = wav.key(i), wav.value(i)
        output = _output(store, utt, f"{wav.path}:{i + 1}")
        try:
            if is_up_to_date(output, path):
                if (rate := audio.info(output).sample_rate) != sample_rate:
                    raise LassError(f"{output}: {rate} Hz, not {sample_rate}: give another --store")
                done.kept += 1
                continue
            clipped = to_store(path, output, sample_rate, data.segment_of(utt))
        except audio.AudioError as e:
            output.unlink(missing_ok=True)
            failures.append((utt, path, str(e)))
            continue
        done.written += 1
        done.clipped_samples += clipped
        done.clipped_files += clipped > 0
    done.failed = len(failures)
    write_text(target / ".format" / f"failed.{job}.tsv", _tsv(failures))
    return done


def gather(source: Path, target: Path, store: Path | None, max_failed: int = 0) -> int:
    """Write the data directory ``target`` of the converted clips, and ``failed.tsv``; returns the number of clips.

    Args:
        store: where the converted clips are; None: those of ``source`` are of the store's form already and are used
            where they lie.

    Raises:
        LassError: a clip that no job has converted yet, no clip left, more than ``max_failed`` failures
    """
    if source.resolve() == target.resolve():
        raise LassError(f"{target}: source and target are the same folder: name another target")
    failures = _failures(source, target, store) if store else []
    write_text(target / "failed.tsv", _tsv(failures))
    if len(failures) > max_failed:
        counts = f"{len(failures)} files failed, {max_failed} may"
        raise LassError(f"{target / 'failed.tsv'}: {counts}: mend or remove them, or raise --max_failed")
    lost = {utt for utt, _, _ in failures}
    if store is None and (source / "segments").exists():
        raise LassError(f"{source / 'segments'}: parts of files cannot be used where they lie: format the set")

    def clips() -> Iterator[tuple[str, str]]:
        for utt, path in iterate_table(source / "wav.scp"):
            if utt not in lost:
                yield utt, path if store is None else str(_output(store, utt, target))

    if next(clips(), None) is None:
        raise LassError(f"{target}: no clip left: see failed.tsv there")
    for name in TABLES:
        (target / name).unlink(missing_ok=True)
    for name in ("captions", "text", "utt2labels", "utt2origin", "video.scp"):
        if (source / name).exists():
            rows = iterate_table(source / name)
            write_table(target / name, ((key, value) for key, value in rows if key.partition("#")[0] not in lost))
    if (source / "labels").exists():
        write_table(target / "labels", iterate_table(source / "labels"))
    if (source / REPORT).exists():
        write_text(target / REPORT, (source / REPORT).read_text(encoding="utf-8"))
    write_table(target / "utt2num_samples", ((utt, str(audio.info(path).frames)) for utt, path in clips()))
    return write_table(target / "wav.scp", clips())


def _output(store: Path, utt: str, where: str | Path) -> Path:
    if not UTT_ID.fullmatch(utt):  # the id becomes a file name
        raise LassError(f"{where}: malformed id ({utt!r}): lass validate tells the form")
    return store / f"{utt}.flac"


def is_up_to_date(output: Path, path: str) -> bool:
    """True when ``output`` is there and not older than its source ``path``."""
    try:
        return output.stat().st_mtime_ns >= audio.source_file(path).stat().st_mtime_ns
    except OSError:  # to_store finds out which is missing
        return False


def _failures(source: Path, target: Path, store: Path) -> list[tuple[str, str, str]]:
    """(utt, path, reason) of each clip of ``source`` without an output; the reasons are those that the jobs left."""
    reasons = {}
    for path in sorted((target / ".format").glob("failed.*.tsv")):
        for line in path.read_text(encoding="utf-8").removeprefix(_FAILED_HEADER).split("\n")[:-1]:
            utt, _, reason = line.split("\t")
            reasons[utt] = reason
    failures = []
    for utt, path in iterate_table(source / "wav.scp"):
        if not _output(store, utt, source / "wav.scp").exists():
            if utt not in reasons:
                raise LassError(f"{source / 'wav.scp'}: {utt} is not converted yet: run lass format without --finish")
            failures.append((utt, path, reasons[utt]))
    return failures


def _tsv(failures: list[tuple[str, str, str]]) -> str:
    lines = ("\t".join(" ".join(text.split()) for text in failure) for failure in failures)
    return _FAILED_HEADER + "".join(f"{line}\n" for line in lines)
