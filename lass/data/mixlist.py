"""The mixture list (contract 2): a test set is this frozen file, never drawn at scoring time."""

import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lass.data import levels
from lass.data.asking import QueryRule
from lass.data.datadir import UTT_ID, DataDir
from lass.errors import LassError
from lass.io.files import write_text
from lass.io.table import read_table

COLUMNS = ("mix_id", "target", "interferers", "join", "length", "pad", "level", "params", "task", "queries", "labels")
CHOICES = {
    "join": ("sum", "concat"),
    "pad": ("zero", "loop"),
    "level": ("as_is", "snr", "energy", "lufs", "peak", "released"),
    "task": ("extraction", "removal"),
}
MAX_REDRAWS = 1000  # of one interferer, before its labels are called unavoidable


@dataclass(frozen=True)
class Segment:
    """A clip, or a part of it. ``start`` and ``duration`` in seconds; duration None is to the end."""

    utt: str
    start: float = 0.0
    duration: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Segment":
        parts = text.split(":")
        if len(parts) not in (1, 3):
            raise ValueError(f"{text!r} is not utt or utt:start:duration")
        segment = cls(parts[0], *map(float, parts[1:]))
        if len(parts) == 3 and not (0 <= segment.start < math.inf and 0 < segment.duration < math.inf):
            raise ValueError(f"{text!r}: start and duration must be seconds, the duration above 0")
        return segment

    def __str__(self) -> str:
        return self.utt if self.duration is None else f"{self.utt}:{self.start:.10g}:{self.duration:.10g}"


@dataclass(frozen=True)
class Mixture:
    """One line of the list. ``length`` is "target" or seconds; ``params`` are those of the level rule."""

    mix_id: str
    target: Segment
    interferers: tuple[Segment, ...]
    join: str
    length: str
    pad: str
    level: str
    params: dict
    task: str
    queries: tuple[str, ...]
    labels: tuple[str, ...]


def write_mixlist(path: Path, mixtures: list[Mixture]) -> None:
    """Write the list, sorted by ``mix_id``, atomically."""
    lines = ["\t".join(COLUMNS)]
    for m in sorted(mixtures, key=lambda m: m.mix_id.encode()):
        fields = (
            m.mix_id, str(m.target), _json([str(s) for s in m.interferers]), m.join, m.length, m.pad,
            m.level, _json(m.params), m.task, _json(m.queries), _json(m.labels),
        )  # fmt: skip
        lines.append("\t".join(fields))
    write_text(path, "\n".join(lines) + "\n")


def read_mixlist(path: Path) -> list[Mixture]:
    """Read and check a list; an error names file, line and value."""
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise LassError(f"{path}: no such mixture list; lass make_mixlist makes one") from None
    if lines[0].split("\t") != list(COLUMNS):
        raise LassError(f"{path}:1: the header must be {' '.join(COLUMNS)}, separated by tabs")
    found, seen = [], set()
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        try:
            mixture = _parse(line)
        except (ValueError, TypeError) as error:
            raise LassError(f"{path}:{number}: {error}") from None
        if mixture.mix_id in seen:
            raise LassError(f"{path}:{number}: {mixture.mix_id} stands twice")
        seen.add(mixture.mix_id)
        found.append(mixture)
    return found


def _parse(line: str) -> Mixture:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{len(fields)} columns, expected {len(COLUMNS)}")
    row = dict(zip(COLUMNS, fields))
    if not UTT_ID.fullmatch(row["mix_id"]):  # it becomes a file name
        raise ValueError(f"mix_id {row['mix_id']!r} does not begin with a letter, then A-Z a-z 0-9 . _ + = -")
    for column, allowed in CHOICES.items():
        if row[column] not in allowed:
            raise ValueError(f"{column} {row[column]!r} is not one of {', '.join(allowed)}")
    if row["length"] != "target" and not 0 < float(row["length"]) < math.inf:
        raise ValueError(f"length {row['length']!r} is neither 'target' nor seconds")
    lists = {name: json.loads(row[name]) for name in ("interferers", "queries", "labels")}
    for name, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise ValueError(f"{name} {row[name]!r} is not a JSON list of texts")
    if not lists["interferers"] or not lists["queries"]:
        raise ValueError(f"{row['mix_id']}: needs at least one interferer and one query")
    params = json.loads(row["params"])
    if not isinstance(params, dict):
        raise ValueError(f"params {row['params']!r} is not a JSON object")
    return Mixture(
        row["mix_id"], Segment.parse(row["target"]), tuple(map(Segment.parse, lists["interferers"])), row["join"],
        row["length"], row["pad"], row["level"], params, row["task"], tuple(lists["queries"]), tuple(lists["labels"]),
    )  # fmt: skip


def draw_mixlist(
    data: DataDir, level: dict, query: dict, mixtures_per_target: int, interferers: int = 1, seed: int = 0,
    join: str = "sum", targets: int | None = None,
) -> list[Mixture]:  # fmt: skip
    """Every clip, or ``targets`` drawn ones, is the target of ``mixtures_per_target`` mixtures.

    The interferers of a mixture share no label with its target nor with each other, and no two mixtures of a target
    have an interferer in common. The mixtures of a target depend on (seed, its id) and on the clips of the set.

    Args:
        level: the level rule and its limits, see ``lass.data.levels.draw``.
        query: arguments of ``QueryRule``.
        join: "sum", or "concat": the interferers follow each other, and are one source for the level.
        targets: number of targets, drawn by ``seed``; all clips where there are no more.
    """
    rule = QueryRule.of(query, "query")
    if targets is not None and (isinstance(targets, bool) or not isinstance(targets, int) or targets < 1):
        raise LassError(f"targets {targets!r} is not a number of clips")
    if join not in CHOICES["join"]:
        raise LassError(f"join {join!r} is not one of {', '.join(CHOICES['join'])}")
    sources = 1 if join == "concat" else interferers
    levels.draw(level, sources, np.random.default_rng(0))  # a wrong rule ends here
    mixtures = []
    chosen = np.random.default_rng(seed).permutation(len(data))[:targets]
    for utt in map(data.wav.key, map(int, sorted(chosen))):
        rng = np.random.default_rng([seed, zlib.crc32(utt.encode())])
        used = {utt}
        for j in range(mixtures_per_target):
            others = _draw_interferers(data, utt, interferers, used, rng)
            params = levels.draw(level, sources, rng)
            mixtures.append(_mixture(f"{utt}-m{j}", utt, others, join, level["rule"], params, rule, data))
    return mixtures


def pair_mixlist(data: DataDir, pairs: Path, level: dict, query: dict, seed: int = 0) -> list[Mixture]:
    """The mixtures of a published list whose clips are all in ``data``.

    Args:
        pairs: table ``<mix_id> <target> <interferer> ...`` of the whole list.
        level: level rule and its limits; a mixture's draws depend on (seed, its id).
        query: arguments of ``QueryRule``.
    """
    rule = QueryRule.of(query, "query")
    mixtures = []
    for mix_id, clips in read_table(pairs):
        target, *others = clips.split()
        if not others:
            raise LassError(f"{pairs}: {mix_id} has no interferer")
        if all(data.wav.find(utt) is not None for utt in (target, *others)):
            rng = np.random.default_rng([seed, zlib.crc32(mix_id.encode())])
            params = levels.draw(level, len(others), rng)
            mixtures.append(_mixture(mix_id, target, others, "sum", level["rule"], params, rule, data))
    if not mixtures:
        raise LassError(f"{pairs}: no mixture has all its clips in {data.folder}; leave this list out")
    return mixtures


def _mixture(
    mix_id: str, utt: str, others: list[str], join: str, level: str, params: dict, rule: QueryRule, data: DataDir
) -> Mixture:
    """A mixture of whole clips, cut or padded to the target."""
    return Mixture(
        mix_id=mix_id,
        target=Segment(utt),
        interferers=tuple(map(Segment, others)),
        join=join,
        length="target",
        pad="zero",
        level=level,
        params=params,
        task="extraction",
        queries=tuple(rule.texts(data, utt)),
        labels=tuple(data.labels_of(utt)),
    )


def _draw_interferers(data: DataDir, utt: str, number: int, used: set[str], rng: np.random.Generator) -> list[str]:
    """Draw clips with labels of their own; adds them to ``used``."""
    labels = set(data.labels_of(utt))
    chosen: list[str] = []
    for _ in range(MAX_REDRAWS * number):
        other = data.wav.key(int(rng.integers(len(data))))
        theirs = set(data.labels_of(other))
        if other in used or labels & theirs:
            continue
        chosen.append(other)
        used.add(other)
        labels |= theirs
        if len(chosen) == number:
            return chosen
    raise LassError(
        f"{data.folder}: no {number} interferer(s) with labels of their own for {utt} after {MAX_REDRAWS} draws; "
        "ask for fewer mixtures_per_target or interferers"
    )


def _json(value) -> str:
    return json.dumps(value, ensure_ascii=False)
