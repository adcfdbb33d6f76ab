"""A registered test set as a rendered set (contract 2): published audio as it is, or rebuilt from clips.

Beside the tables of a rendered set stand ``num_expected`` and ``set.json``, what a result must tell about the set.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from tqdm import tqdm

from lass.data import format as format_stage
from lass.data import levels
from lass.data.datadir import UTT_ID, DataDir, Row, write_data_dir
from lass.data.mixlist import Mixture, Segment
from lass.data.published import Line, fill
from lass.data.render import KINDS, read_gains, render, renew_mixlist, write_gains
from lass.data.testsets import TestSet
from lass.errors import LassError
from lass.io import audio
from lass.io.files import write_text
from lass.io.table import write_table

SUFFIXES = ("", ".wav", ".flac", ".ogg", ".mp3")
FACTS = "set.json"


def prepare(testset: TestSet, root: Path, folder: Path, num_workers: int = 1) -> str:
    """Write the rendered set ``folder`` of all mixtures whose audio lies below the benchmark root.

    Returns:
        "published", "rebuilt", "exact" (rebuilt from a list that tells everything), or "" where there is no audio.
    """
    lines = _by_id(testset, testset.captioned(root))
    made, found = "published", _published(testset, lines, root, folder)
    if not found and testset.mix:
        made, found = "exact" if testset.mix.exact else "rebuilt", _rebuilt(testset, lines, root, folder, num_workers)
    if not found:
        return ""
    _write_tables(testset, lines, found, root, folder)
    write_text(folder / "num_expected", f"{testset.expected}\n")
    facts = {key: getattr(testset, key) for key in ("name", "title", "aggregate", "query", "note")}
    write_text(folder / FACTS, json.dumps({**facts, "audio": made}, ensure_ascii=False, indent=1) + "\n")
    return made


def _by_id(testset: TestSet, lines: Iterable[Line]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in lines:
        mix_id = fill(testset.mix_id, line)
        if not UTT_ID.fullmatch(mix_id) or mix_id in found:
            raise LassError(f"{line.where}: id {mix_id!r} is malformed or stands twice: correct mix_id or the list")
        found[mix_id] = line
    if len(found) > testset.expected:
        raise LassError(f"{testset.name}: {len(found)} mixtures are listed, {testset.expected} expected: another list")
    return found


def _published(testset: TestSet, lines: Mapping[str, Line], root: Path, folder: Path) -> list[str]:
    """Write the scp tables of the published mixtures that are there; returns their ids.

    Files of another rate than the set's, or with more channels, are converted into the folder.
    """
    if not testset.audio:
        return []
    tables: dict[str, list[tuple[str, str]]] = {"wav.scp": [], "ref.scp": []}
    for mix_id, line in tqdm(lines.items(), desc=f"look for {testset.name}", unit="mixture", delay=2, mininterval=1):
        paths = [inside(root / "data", fill(testset.audio[key], line), line) for key in ("mixture", "target")]
        if all(path.is_file() for path in paths):
            for (table, rows), path in zip(tables.items(), paths):
                own = folder / "audio" / table.removesuffix(".scp") / f"{mix_id}.flac"
                rows.append((mix_id, str(_at_rate(path, own, testset.sample_rate))))
    if tables["wav.scp"]:
        for rebuilt in ("interf.scp", "mixlist.tsv", "gains.tsv"):  # from clips, before the audio was there
            (folder / rebuilt).unlink(missing_ok=True)
        for table, rows in tables.items():
            write_table(folder / table, rows)
    return [mix_id for mix_id, _ in tables["wav.scp"]]


def _at_rate(path: Path, own: Path, sample_rate: int) -> Path:
    """``path``, or ``own``, its mono copy at the rate of the set (Hz)."""
    info = audio.info(path)
    if (info.sample_rate, info.channels) == (sample_rate, 1):
        return path
    if not format_stage.is_up_to_date(own, str(path)):
        format_stage.to_store(str(path), own, sample_rate)
    return own


def inside(folder: Path, name: str, line: Line) -> Path:
    """``folder/name``; a LassError for a name that leads out of the folder."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise LassError(f"{line.where}: {name!r} leads out of {folder}: another list, or a damaged one")
    return folder / name


def _rebuilt(
    testset: TestSet, lines: Mapping[str, Line], root: Path, folder: Path, num_workers: int
) -> list[str]:
    """Mix the lines whose clips are there; returns their ids."""
    clips = root / "clips" / testset.mix.clips
    paths: dict[str, Path | None] = {}
    rows: dict[str, Row] = {}
    mixtures = []
    for mix_id, line in lines.items() if clips.is_dir() else ():
        wanted = testset.list.form.clips(line)
        for clip in wanted:
            if clip.clip not in paths:
                paths[clip.clip] = _locate(inside(clips, clip.clip, line))
        if all(paths[clip.clip] for clip in wanted):
            rows |= {clip.clip: Row(_utt(clip.clip), str(paths[clip.clip]), origin=clip.origin) for clip in wanted}
            mixtures.append(_mixture(testset, mix_id, line))
    if not mixtures:
        return []
    orig, formatted, store = (folder / "clips" / name for name in ("orig", "formatted", "flac"))
    write_data_dir(orig, rows.values())
    format_stage.convert(orig, formatted, store, sample_rate=testset.sample_rate)
    format_stage.gather(orig, formatted, store)
    renew_mixlist(folder, mixtures)
    _render(DataDir(formatted), mixtures, folder, num_workers)
    return [mixture.mix_id for mixture in mixtures]


def _locate(path: Path) -> Path | None:
    """The clip, in whatever container it is."""
    stem = path.with_suffix("") if path.suffix in SUFFIXES else path
    names = (path, *(stem.with_name(stem.name + suffix) for suffix in SUFFIXES[1:]))
    return next((name for name in names if name.is_file()), None)


def _utt(clip: str) -> str:
    """An id for a clip of any name."""
    return f"clip-{hashlib.sha256(clip.encode()).hexdigest()[:24]}"


def _mixture(testset: TestSet, mix_id: str, line: Line) -> Mixture:
    mix = testset.mix
    target, *others = (Segment(_utt(clip.clip)) for clip in testset.list.form.clips(line))
    level = {key: _limit(value, line) if isinstance(value, str) and key != "rule" else value
             for key, value in mix.level.items()}  # fmt: skip
    params = levels.draw(level, 1 if mix.join == "concat" else len(others),
                         np.random.default_rng([0, zlib.crc32(mix_id.encode())]))  # fmt: skip
    return Mixture(mix_id, target, tuple(others), mix.join, mix.length, mix.pad, level["rule"], params, "extraction",
                   tuple(_queries(testset, line)), ())  # fmt: skip


def _limit(template: str, line: Line) -> float:
    try:
        return float(fill(template, line))
    except ValueError:
        raise LassError(f"{line.where}: level {template}: {fill(template, line)!r} is no number") from None


def _render(data: DataDir, mixtures: Sequence[Mixture], folder: Path, num_workers: int) -> None:
    gains = read_gains(folder / "gains.tsv")
    lines = []
    with ProcessPoolExecutor(num_workers) as pool:
        known = [gains.get(mixture.mix_id) for mixture in mixtures]
        work = pool.map(partial(_render_one, data, folder), mixtures, known, chunksize=8)
        for line in tqdm(work, total=len(mixtures), desc=f"mix {folder.name}", unit="mixture", mininterval=1):
            lines.append(line)
    write_gains(folder / "gains.tsv", lines)
    for table, kind in KINDS.items():
        write_table(folder / table, [(m.mix_id, str(folder / kind / f"{m.mix_id}.flac")) for m in mixtures])


def _render_one(data: DataDir, folder: Path, mixture: Mixture, line: str | None) -> str:
    return render(data, mixture, folder, line)


def _queries(testset: TestSet, line: Line) -> list[str]:
    texts = [fill(template, line).strip() for template in testset.queries]
    if not all(texts):
        raise LassError(f"{line.where}: no text to ask {testset.name} with: complete the list, or that of the captions")
    return texts


def _write_tables(
    testset: TestSet, lines: Mapping[str, Line], found: Sequence[str], root: Path, folder: Path
) -> None:
    """Write queries and labels; those of the interferers only where all of them are known."""
    form = testset.list.form
    known: dict[str, list[str]] = {}
    for line in lines.values():
        known.setdefault(form.clips(line)[0].clip, _queries(testset, line))
    asked, wrong, labels, names = [], [], [], {}
    for mix_id in found:
        line = lines[mix_id]
        others = [fill(template, line).strip() for template in testset.interferer_queries]
        others = others or [text for clip in form.clips(line)[1:2] for text in known.get(clip.clip, ())]
        asked += [(f"{mix_id}#{k}", text) for k, text in enumerate(_queries(testset, line))]
        wrong += [(f"{mix_id}#{k}", text) for k, text in enumerate(others) if text]
        if testset.label:
            name = fill(testset.label, line)
            names[re.sub(r"\s+", "_", name)] = name
            labels.append((mix_id, re.sub(r"\s+", "_", name)))
    complete = {key.rpartition("#")[0] for key, _ in wrong} == set(found)
    tables = {"queries": asked, "interf_queries": wrong if complete else [], "utt2labels": labels, "interf2labels": [],
              "labels": list(names.items()), "task": [(mix_id, "extraction") for mix_id in found]}  # fmt: skip
    if testset.tags:
        tables |= testset.tags.tables(root, {mix_id: lines[mix_id] for mix_id in found})
    for table, rows in tables.items():
        (folder / table).unlink(missing_ok=True)
        if rows:
            write_table(folder / table, rows)
