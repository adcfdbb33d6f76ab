"""One score row a mixture: metrics of each query's estimate, averaged over the queries of the mixture."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lass.errors import LassError
from lass.io import audio
from lass.io.scratch import copy_in
from lass.io.table import read_table
from lass.metrics.registry import METRICS
from lass.score import over_set
from lass.score.signals import Listener, Signals

FACTS = ("mix_id", "label", "n_queries")  # first columns of items.tsv; a column a metric follows
MANIFESTS = ("wav.scp", "ref.scp", "queries", "target_queries", "task", "utt2labels", "labels", "set.json")


@dataclass(frozen=True)
class Job:
    """What is needed to score one mixture; ``estimates`` are (query key, path), the mixture itself when unprocessed."""

    mix_id: str
    labels: str  # label ids, blank between
    mixture: str
    reference: str
    estimates: tuple[tuple[str, str], ...]
    rate: int  # Hz, of the set
    text: str = ""  # describes the target
    score_rate: int | None = None  # Hz, that all waves are resampled to; None: that of the set


@dataclass(frozen=True)
class Item:
    """A row of ``items.tsv``: metric -> mean over the queries of one mixture, rounded to 1e-6; NaN where undefined."""

    mix_id: str
    label: str
    n_queries: int
    values: Mapping[str, float]

    def line(self) -> str:
        return "\t".join(map(str, (self.mix_id, self.label, self.n_queries, *self.values.values())))

    @classmethod
    def parse(cls, line: str, metrics: Sequence[str]) -> "Item":
        mix_id, label, n_queries, *values = line.split("\t")
        return cls(mix_id, label, int(n_queries), dict(zip(metrics, map(float, values), strict=True)))


class RenderedSet:
    """The manifests of a rendered test set (small: a few thousand lines).

    ``queries`` is the table that was asked: ``interf_queries`` for the control that asks for the interferer. ``facts``
    are those of a registered set (``set.json``), {} for others; ``aggregate`` is how its scores are joined;
    ``score_rate`` (Hz) is that of the set unless another is put there. The audio is copied to ``scratch`` and read from
    there, see ``lass.io.scratch``.
    """

    def __init__(self, folder: str | Path, queries: str = "queries", scratch: Path | None = None):
        self.folder = Path(folder)
        self.mixtures = self._table("wav.scp", scratch)
        self.references = self._table("ref.scp", scratch)
        self.asked = self.folder / queries
        self.queries: dict[str, list[str]] = {mix: [] for mix in self.mixtures}  # mix_id -> query keys, in order
        if not self.mixtures:
            raise LassError(f"{self.folder}/wav.scp: is empty: nothing to score")
        for key in self._table(queries):
            mix = key.rpartition("#")[0]
            if mix not in self.queries:
                raise LassError(f"{self.asked}: key {key!r} names no mixture of wav.scp")
            self.queries[mix].append(key)
        for mix, keys in self.queries.items():
            if mix not in self.references:
                raise LassError(f"{self.folder}/ref.scp: has no line for {mix!r} of wav.scp")
            if not keys:
                raise LassError(f"{self.asked}: has no line '{mix}#0 <text>'")
        self.labels = self._optional("utt2labels")
        self.label_names = self._optional("labels")
        self.rate = self.score_rate = audio.info(next(iter(self.references.values()))).sample_rate
        self.expected = self._expected()
        self.facts = self._facts()
        self.aggregate = self.facts.get("aggregate", "mean")

    @property
    def manifests(self) -> list[Path]:
        return [self.asked, *(self.folder / name for name in MANIFESTS)]

    def _table(self, name: str, scratch: Path | None = None) -> dict[str, str]:
        path = self.folder / name
        if not path.is_file():
            raise LassError(f"{path}: no such file: {self.folder} is not a rendered test set")
        return unique_table(copy_in(path, scratch))

    def _optional(self, name: str) -> dict[str, str]:
        return self._table(name) if (self.folder / name).exists() else {}

    def _expected(self) -> int:
        """Mixtures of the whole list: what the file ``num_expected`` says, or those that are here."""
        path = self.folder / "num_expected"
        if not path.exists():
            return len(self.mixtures)
        text = path.read_text(encoding="utf-8").strip()
        if not text.isdecimal() or int(text) < len(self.mixtures):
            raise LassError(f"{path}: {text[:20]!r} is no number of at least {len(self.mixtures)}, the mixtures here")
        return int(text)

    def _facts(self) -> dict:
        path = self.folder / "set.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def descriptions(self) -> dict[str, str]:
        """What describes the target of each mixture: ``target_queries`` (``<mix> <text>``), or its first query.

        Raises:
            LassError: a mixture is asked to be rid of something, and nothing says what is to be left.
        """
        described, tasks = self._optional("target_queries"), self._optional("task")
        for key, text in self._table("queries").items():
            mix = key.rpartition("#")[0]
            if tasks.get(mix) == "removal" and mix not in described:
                raise LassError(f"{self.folder}/target_queries: no line {mix!r}: a removal is asked for what "
                                "the target is not: write '<mix> <description of the target>'")
            described.setdefault(mix, text)
        return described

    def jobs(
        self, estimates: Mapping[str, str] | None, source: str = "", described: bool = False
    ) -> list[Job]:
        """Jobs of the mixtures of which every query has an estimate; ``None`` scores the unprocessed mixtures.

        Args:
            source: names ``estimates`` in errors.
            described: give each the text that describes its target.

        Keys of ``estimates`` are ``<mix>#<k>``, or plain ``<mix>`` where a mixture has one query only.
        """
        found = []
        texts = self.descriptions() if described else {}
        for mix, keys in self.queries.items():
            if estimates is None:
                paths = [(mix, self.mixtures[mix])]
            else:
                paths = [(key, estimates[key]) for key in keys if key in estimates]
                if not paths and mix in estimates:
                    if len(keys) > 1:
                        raise LassError(
                            f"{source}: key {mix!r} is a mixture that is asked in {len(keys)} ways: "
                            f"give one estimate a query, {keys[0]} .. {keys[-1]}"
                        )
                    paths = [(mix, estimates[mix])]
                if len(paths) < len(keys):
                    continue
            labels = " ".join(self.labels.get(mix, "").split())
            waves = self.mixtures[mix], self.references[mix], tuple(paths)
            found.append(Job(mix, labels, *waves, self.rate, texts.get(mix, ""), self.score_rate))
        return found


def unique_table(path: str | Path) -> dict[str, str]:
    """Read a ``<key> <value>`` table whose keys must differ."""
    table: dict[str, str] = {}
    for number, (key, value) in enumerate(read_table(path), start=1):
        if key in table:
            raise LassError(f"{path}:{number}: key {key!r} occurs twice: remove one of the lines")
        table[key] = value
    return table


def _read(path: str, rate: int, what: str) -> np.ndarray:
    wave, found = audio.read_whole(path)  # refuses empty and non-finite audio
    if found != rate:
        raise LassError(
            f"{what} {path} has {found} Hz, the set {rate} Hz: resample it first "
            f"(for example: sox IN.wav -r {rate} OUT.wav)"
        )
    return wave


def _same_shape(wave: np.ndarray, reference: np.ndarray, what: str) -> None:
    if wave.shape != reference.shape:
        (channels, length), (want_channels, want) = wave.shape, reference.shape
        raise LassError(
            f"{what} has {length} samples in {channels} channel(s), its reference {want} in {want_channels}: "
            f"lengths and channels must agree exactly"
        )


def measure(
    job: Job, metrics: Sequence[str], listeners: Mapping[str, Listener] | None = None, kept: Path | None = None
) -> Item:
    """Score one mixture. Channels are averaged, then queries; what is undefined for one of them is so for the mixture.

    Args:
        listeners: networks of semantic metrics, by kind.
        kept: folder for what the mixture adds to metrics of the whole set.

    Raises:
        LassError: a file is missing or damaged, has another rate, length or channel count, or is not finite.
    """
    reference = _read(job.reference, job.rate, f"{job.mix_id}: reference")
    mixture = _read(job.mixture, job.rate, f"{job.mix_id}: mixture")
    _same_shape(mixture, reference, f"{job.mix_id}: mixture {job.mixture}")
    heard, rate = {"text": job.text, "listeners": listeners}, job.score_rate or job.rate
    target, whole = (audio.resample(wave, job.rate, rate) for wave in (reference, mixture))
    unprocessed = [Signals(*channel, rate, **heard) for channel in zip(target, whole, whole)]
    of_item, of_set = ([name for name in metrics if METRICS[name].over_set == over] for over in (False, True))
    rows, scored = [], []
    for key, path in job.estimates:
        if path == job.mixture:
            asked = unprocessed
        else:
            estimate = _read(path, job.rate, f"{key}: estimate")
            _same_shape(estimate, reference, f"{key}: estimate {path}")
            channels = zip(target, audio.resample(estimate, job.rate, rate), whole, unprocessed)
            asked = [Signals(*waves, rate, plain, **heard) for *waves, plain in channels]
        rows.append([[signals.value(name) for name in of_item] for signals in asked])
        if of_set:
            scored += asked
    means = (round(float(value), 6) + 0.0 for value in np.mean(rows, axis=(0, 1)))  # + 0.0: no "-0.0"
    if of_set:
        over_set.keep(kept, job.mix_id, of_set, scored)
    return Item(job.mix_id, job.labels, len(job.estimates), dict(zip(of_item, means)))
