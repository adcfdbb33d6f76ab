"""Renders a mixture list to audio: a test set (contract 2).

The first render computes the gains and writes them to ``gains.tsv`` with 9 digits; every render, the first one too,
only multiplies and adds in float64 by those written gains and stores PCM_24. So a set is bit-equal wherever
``gains.tsv`` and the sources are.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lass.data import levels
from lass.data.asking import QueryRule
from lass.data.datadir import DataDir
from lass.data.mixlist import Mixture, Segment, read_mixlist, write_mixlist
from lass.errors import LassError
from lass.io import audio
from lass.io.files import write_text
from lass.io.table import write_table

GAIN_COLUMNS = ("mix_id", "gains", "clip")
KINDS = {"wav.scp": "mix", "ref.scp": "ref", "interf.scp": "interf"}  # table -> folder of its audio


def sources(data: DataDir, mixture: Mixture) -> tuple[list[np.ndarray], int]:
    """The sources of a mixture: target first, float64 ``[T]`` of one length, and their rate (Hz)."""
    target, sample_rate = _read(data, mixture.target)
    others = [_read(data, segment) for segment in mixture.interferers]
    for segment, (_, rate) in zip(mixture.interferers, others):
        if rate != sample_rate:
            raise LassError(f"{mixture.mix_id}: {segment} has {rate} Hz, its target {sample_rate} Hz; format the set")
    waves = [wave for wave, _ in others]
    if mixture.join == "concat":
        waves = [np.concatenate(waves)]
    samples = len(target) if mixture.length == "target" else round(float(mixture.length) * sample_rate)
    return [fit_length(wave, samples, mixture.pad) for wave in (target, *waves)], sample_rate


def fit_length(wave: np.ndarray, samples: int, pad: str) -> np.ndarray:
    """Cut ``[T]`` to ``samples``, or lengthen it with zeros (``zero``) or by repeating it (``loop``)."""
    if pad == "loop" and 0 < len(wave) < samples:
        wave = np.tile(wave, -(-samples // len(wave)))
    wave = wave[:samples]
    return np.pad(wave, (0, samples - len(wave)))


def _path(data: DataDir, segment: Segment) -> str:
    try:
        return data.wav[segment.utt]
    except KeyError:
        raise LassError(f"{data.wav.path}: no clip {segment.utt}, which the mixture list asks for") from None


def _read(data: DataDir, segment: Segment) -> tuple[np.ndarray, int]:
    path = _path(data, segment)
    if segment.duration is None:
        wave, sample_rate = audio.read(path)
    else:
        sample_rate = audio.info(path).sample_rate
        frames = round(segment.duration * sample_rate)
        wave, _ = audio.read(path, round(segment.start * sample_rate), frames)
    return wave[0].astype(np.float64), sample_rate


def gain_line(mixture: Mixture, waves: Sequence[np.ndarray], sample_rate: int) -> str:
    """The line of ``gains.tsv``: id, one gain a source, clip factor; 9 significant digits."""
    try:
        gains, clip = levels.gains(mixture.level, mixture.params, waves, sample_rate)
    except (LassError, TypeError, ValueError) as error:
        raise LassError(f"{mixture.mix_id}: {error}") from None
    if mixture.level != "peak":  # its factor minds the sources, too
        # PCM holds no sample above 1.0: target or interference may be louder than their sum
        target, *rest = [g * wave for g, wave in zip(gains, waves)]
        clip = min(clip, levels.declip(target), levels.declip(sum(rest)))
    return f"{mixture.mix_id}\t{' '.join(f'{g:.9g}' for g in gains)}\t{clip:.9g}"


def mix(waves: Sequence[np.ndarray], line: str) -> dict[str, np.ndarray]:
    """Apply a line of ``gains.tsv``: mixture, target and interference ``[T]`` in float64, mixture = target + rest."""
    _, gains, clip = line.split("\t")
    try:
        factors = [float(g) * float(clip) for g in gains.split(" ")]
    except ValueError:
        raise LassError(f"gains.tsv: {line!r} holds what is no number; remove the file") from None
    if len(factors) != len(waves):
        raise LassError(f"gains.tsv: {line!r} has {len(factors)} gains for {len(waves)} sources; remove the file")
    target, *rest = [factor * wave for factor, wave in zip(factors, waves)]
    interference = np.sum(rest, axis=0)
    return {"mix": target + interference, "ref": target, "interf": interference}


def read_gains(path: Path) -> dict[str, str]:
    """The lines of ``gains.tsv`` by mixture id; empty when there is none yet."""
    if not path.exists():
        return {}
    header, *lines = path.read_text(encoding="utf-8").split("\n")
    if header.split("\t") != list(GAIN_COLUMNS):
        raise LassError(f"{path}:1: the header must be {' '.join(GAIN_COLUMNS)}; remove the file")
    for number, line in enumerate(lines, 2):
        if line and line.count("\t") != 2:
            raise LassError(f"{path}:{number}: {line!r} has not three columns; remove the file")
    return {line.split("\t", 1)[0]: line for line in lines if line}


def write_gains(path: Path, lines: Sequence[str]) -> None:
    """Write ``gains.tsv``, sorted, atomically."""
    ordered = sorted(lines, key=lambda line: line.split("\t", 1)[0].encode())
    write_text(path, "\n".join(["\t".join(GAIN_COLUMNS), *ordered]) + "\n")


def render(data: DataDir, mixture: Mixture, folder: Path, line: str | None) -> str:
    """Render one mixture under ``folder``; the mixture itself is written last and marks it as done.

    Args:
        line: its line of ``gains.tsv``, None to compute it.

    Returns:
        the line of ``gains.tsv`` that was used.
    """
    done = _is_rendered(data, mixture, folder)
    if done and line:
        return line
    waves, sample_rate = sources(data, mixture)
    line = line or gain_line(mixture, waves, sample_rate)
    if done:
        return line
    rendered = mix(waves, line)
    for kind in ("interf", "ref", "mix"):
        audio.write(folder / kind / f"{mixture.mix_id}.flac", rendered[kind], sample_rate, "PCM_24")
    return line


def _is_rendered(data: DataDir, mixture: Mixture, folder: Path) -> bool:
    """True when the mixture was rendered after its sources were last written."""
    try:
        rendered = (folder / "mix" / f"{mixture.mix_id}.flac").stat().st_mtime_ns
    except FileNotFoundError:
        return False
    clips = (mixture.target, *mixture.interferers)
    return all(audio.source_file(_path(data, segment)).stat().st_mtime_ns < rendered for segment in clips)


def renew_mixlist(folder: Path, mixtures: Sequence[Mixture]) -> bool:
    """Write ``mixlist.tsv`` and remove what was rendered from another one; False when it is there already."""
    path = folder / "mixlist.tsv"
    if path.exists() and read_mixlist(path) == sorted(mixtures, key=lambda m: m.mix_id.encode()):
        return False
    for stale in (*KINDS.values(), ".mix"):
        shutil.rmtree(folder / stale, ignore_errors=True)
    (folder / "gains.tsv").unlink(missing_ok=True)
    write_mixlist(path, mixtures)
    return True


def write_set(data: DataDir, mixtures: Sequence[Mixture], rule: QueryRule, folder: Path) -> None:
    """Write the tables of a rendered set; call it when all mixtures are rendered.

    Beside those of contract 2 stand ``interf_queries``, what the first interferer would be asked with, for the control
    "asked with the interferer's query", and ``interf2labels``, its labels.
    """
    for table, kind in KINDS.items():
        write_table(folder / table, [(m.mix_id, str(folder / kind / f"{m.mix_id}.flac")) for m in mixtures])
    asked = {m.mix_id: m.queries for m in mixtures}
    wrong = {m.mix_id: rule.texts(data, m.interferers[0].utt) for m in mixtures}
    for table, texts in (("queries", asked), ("interf_queries", wrong)):
        rows = [(f"{mix_id}#{k}", text) for mix_id, queries in texts.items() for k, text in enumerate(queries)]
        write_table(folder / table, rows)
    write_table(folder / "task", [(m.mix_id, m.task) for m in mixtures])
    theirs = {m.mix_id: data.labels_of(m.interferers[0].utt) for m in mixtures}
    for table, labels in (("utt2labels", {m.mix_id: m.labels for m in mixtures}), ("interf2labels", theirs)):
        write_table(folder / table, [(mix_id, " ".join(ids)) for mix_id, ids in labels.items() if ids])
    write_table(folder / "labels", data.labels.items())
