"""Training mixtures, made on the fly (contract 2).

Example i of epoch e depends on (seed, e, i) alone: not on the number of workers, nor on what ran before.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from lass.data import levels
from lass.data.asking import TrainingRule
from lass.data.datadir import FRAMES, DataDir
from lass.data.render import fit_length
from lass.data.shuffle import shuffled
from lass.errors import LassError
from lass.io import audio
from lass.io.scratch import copy_in
from lass.io.table import MappedTable

SILENCE_DBFS = -60.0  # RMS of a crop
MAX_CROPS = 10  # redraws of a silent crop, before another clip is taken
MAX_CLIPS = 100  # redraws of a clip, before the set is called unusable
MODALITY_STREAM = 1  # of random numbers: what an example is asked by does not change how it is mixed
TASK_STREAM = 1 << 16  # another, above those of any number of sources
STEP_STREAM = TASK_STREAM + 1  # of steps


@dataclass(frozen=True)
class TrainingSet:
    """One data directory of the training, and the table of where its clips are read.

    ``weight``: how often an epoch sees each clip (0.5: every second one).
    """

    data: DataDir
    audio: MappedTable
    rule: TrainingRule
    examples: int


class TrainingMixtures(Dataset):
    """Endless mixtures; item n is example n mod N of epoch n // N.

    Args:
        sets: ``[{dir, weight, query, text_ratio}]``; ``weight`` (default 1) is how often an epoch uses each clip of the
            set, ``query`` replaces the query rule for this set, ``text_ratio`` that entry of it.
        query: arguments of ``TrainingRule``.
        segment: length of a mixture (s).
        level: level rule and limits, see ``lass.data.levels.draw``.
        interferers: number of interfering clips.
        speed: lowest and highest factor of speed perturbation, which moves the pitch as well (Ko et al. 2015).
        sample_rate: rate of the separator (Hz); clips of another rate are resampled.
        seed: all draws follow from it.
        root: folder that relative ``dir`` entries start from.
        ask_all: tell the other sources and what they are asked by, too.
        scratch: where the clips are copied to and read from, see ``lass.io.scratch``.
        step_size: examples of a step, for query rules that draw by step.
    """

    def __init__(
        self,
        sets: Sequence[dict],
        query: dict,
        segment: float,
        level: dict,
        interferers: int,
        sample_rate: int,
        seed: int,
        root: Path = Path("."),
        speed: Sequence[float] = (1.0, 1.0),
        ask_all: bool = False,
        scratch: Path | None = None,
        step_size: int = 1,
    ):
        levels.draw(level, interferers, np.random.default_rng(0))  # a wrong rule ends here, not in a worker
        self.sets = [self._open(entry, query, root, scratch) for entry in sets]
        labels = [pair for s in self.sets for pair in s.data.labels.items()]
        for s in self.sets:
            s.rule.check_paraphrases(labels)
        self.size = sum(s.examples for s in self.sets)  # examples an epoch
        self.samples = round(segment * sample_rate)
        self.level, self.interferers, self.sample_rate, self.seed = level, interferers, sample_rate, seed
        self.ask_all, self.step_size = ask_all, step_size
        if not (isinstance(speed, Sequence) and len(speed) == 2 and 0 < speed[0] <= speed[1]):
            raise LassError(f"data.speed: {speed!r} is not [lowest, highest] factor, both above 0")
        self.speed = tuple(speed)
        if not self.size:
            raise LassError("data.sets: no clips to train on")
        if any(s.rule.removal_ratio for s in self.sets) and not (
            interferers == 1 and all(s.rule.text_ratio == 1.0 for s in self.sets)
        ):
            raise LassError("query.removal_ratio: a removal is asked by the text of one interferer: give "
                            "data.interferers 1, and all sets text_ratio 1.0")

    @staticmethod
    def _open(entry: dict, query: dict, root: Path, scratch: Path | None) -> TrainingSet:
        if unknown := set(entry) - {"dir", "weight", "query", "text_ratio"}:
            raise LassError(f"data.sets: unknown key {sorted(unknown)[0]!r}; known are dir, weight, query, text_ratio")
        if "dir" not in entry:
            raise LassError(f"data.sets: {entry!r} has no dir")
        weight = entry.get("weight", 1.0)
        if not isinstance(weight, int | float) or not 0 < weight < math.inf:
            raise LassError(f"data.sets: {entry['dir']}: weight {weight!r} is not a number above 0")
        data, rule = DataDir(root / entry["dir"]), TrainingRule.of_set(entry, query)
        if "image" in rule.modalities and data.frames is None:
            raise LassError(f"{data.folder / FRAMES}: not there, but the query rule asks by image: run stage embed "
                            "on a set with video.scp, or give it text_ratio: 1.0")
        return TrainingSet(data, MappedTable(copy_in(data.wav.path, scratch)), rule, round(weight * len(data)))

    def texts(self) -> Iterator[str]:
        """All query texts that a training can ask, with repetitions (for tokenizers and embedding caches)."""
        for s in self.sets:
            for utt, _ in s.data.wav:
                if s.rule.needs_text(s.data, utt):
                    yield from s.rule.texts(s.data, utt)

    def _is_whole(self, path: str) -> bool:
        return is_whole(path, self.samples, self.sample_rate, self.speed)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, n: int) -> dict:
        """One example.

        Returns:
            ``mixture``, ``target``: float32 [1, T]; ``utt``; ``redraws`` int64 [2]: silent crops, silent clips.
            ``task``: "extraction", or "removal" of what is asked for, which is the interferer then.
            ``asked``: "text", "audio" or "image"; ``query``: the text, the place of the frames' embeddings, the clip
            that the target is all of, or "" where it is a part of one; ``without_frames``: bool [], asked by text as
            the clip has no frames.
            With ``ask_all`` ``others``: the same of each other source, but for ``mixture``, ``utt``, ``redraws``.
        """
        epoch, i = divmod(n, self.size)
        rng = np.random.default_rng([self.seed, epoch, i])
        chosen = self._target(epoch, i)
        waves, counts, labels, names, questions, removals = [], np.zeros(2, dtype=np.int64), set(), [], [], 0.0
        for k in range(1 + self.interferers):
            for _ in range(MAX_CLIPS):
                if k > 0:
                    chosen = self._draw_clip(rng)
                s, utt = chosen
                theirs = set(s.data.labels_of(utt))
                wave = None if utt in names or labels & theirs else self._crop(s.audio[utt], rng, counts)
                if wave is not None:
                    break
                chosen = self._draw_clip(rng)
            else:
                raise LassError(
                    f"{self.sets[0].data.folder}: no clip to mix with {names} in {MAX_CLIPS} draws: "
                    "too few labels for this number of interferers, or too many silent clips"
                )
            waves.append(wave.astype(np.float64))
            names.append(utt)
            labels |= theirs
            if k == 0:
                removals = s.rule.removal_ratio
            if k == 0 or self.ask_all:
                questions.append(self._question(s, utt, n, rng, k))
        stream = np.random.default_rng([self.seed, epoch, i, TASK_STREAM])
        if stream.random() < removals:
            questions[0] = self._question(s, utt, n, stream, self.interferers) | {"task": "removal"}
        params = levels.draw(self.level, self.interferers, rng)
        gains, clip = levels.gains(self.level["rule"], params, waves, self.sample_rate)
        target, *others = [clip * g * wave for g, wave in zip(gains, waves)]
        as_tensor = lambda wave: torch.from_numpy(wave.astype(np.float32))[None]  # noqa: E731
        example = {
            "mixture": as_tensor(target + sum(others)),
            "target": as_tensor(target),
            "utt": " + ".join(names),
            "redraws": torch.from_numpy(counts),
            **questions[0],
        }
        if self.ask_all:
            example["others"] = [{"target": as_tensor(w), **asked} for w, asked in zip(others, questions[1:])]
        return example

    def _question(self, s: TrainingSet, utt: str, n: int, rng: np.random.Generator, k: int) -> dict:
        """What source k of example n, ``utt``, is extracted by: ``task``, ``asked``, ``query``, ``without_frames``."""
        query = s.rule.draw(s.data, utt, rng) if s.rule.needs_text(s.data, utt) else ""
        step, example = (n // self.step_size, 0, STEP_STREAM), (*divmod(n, self.size), MODALITY_STREAM + k)
        stream = np.random.default_rng([self.seed, *(step if s.rule.by_step else example)])
        asked, without_frames = s.rule.draw_modality(s.data, utt, stream)
        if asked != "text":
            whole = asked == "audio" and self._is_whole(s.audio[utt])
            query = s.data.frames_of(utt) if asked == "image" else s.data.wav[utt] if whole else ""
        without = torch.tensor(without_frames)
        return {"task": "extraction", "asked": asked, "query": query, "without_frames": without}

    def _target(self, epoch: int, i: int) -> tuple[TrainingSet, str]:
        """The target clip of example i: each clip once an epoch (times its weight), in an order of its own."""
        position = shuffled(i, self.size, self.seed, epoch)
        for s in self.sets:
            if position < s.examples:
                # a fractional weight takes another part of the clips each epoch
                clips = len(s.data)
                return s, s.data.wav.key(shuffled((position + epoch * s.examples) % clips, clips, self.seed))
            position -= s.examples
        raise IndexError(i)

    def _draw_clip(self, rng: np.random.Generator) -> tuple[TrainingSet, str]:
        position = int(rng.integers(self.size))
        for s in self.sets:
            if position < s.examples:
                return s, s.data.wav.key(int(rng.integers(len(s.data))))
            position -= s.examples
        raise IndexError(position)

    def _crop(self, path: str, rng: np.random.Generator, counts: np.ndarray) -> np.ndarray | None:
        """A random part of the clip, ``[T]``; None when ``MAX_CROPS`` of them were silent."""
        info = audio.info(path)
        for _ in range(MAX_CROPS):
            rate = info.sample_rate * rng.uniform(*self.speed)
            wanted = math.ceil(self.samples * rate / self.sample_rate)
            start = int(rng.integers(max(1, info.frames - wanted + 1)))
            wave, _ = audio.read(path, start, min(wanted, info.frames))
            wave = fit_length(audio.resample(wave[0], rate, self.sample_rate), self.samples, "zero")
            if 10.0 * np.log10(levels.energy(wave) + 1e-12) >= SILENCE_DBFS:
                return wave
            counts[0] += 1
        counts[1] += 1
        return None


def is_whole(path: str, samples: int, sample_rate: int, speed: Sequence[float] = (1.0, 1.0)) -> bool:
    """Whether a mixture of ``samples`` at ``sample_rate`` (Hz) always holds all of a clip."""
    info = audio.info(path)
    return tuple(speed) == (1.0, 1.0) and math.ceil(samples * info.sample_rate / sample_rate) >= info.frames
