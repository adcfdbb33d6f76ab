"""What a training batch asks with: texts, the targets themselves, or frames of their videos."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lass.errors import LassError
from lass.io import audio
from lass.io.arrays import read_array
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import ClipEmbeddingCache
from lass.queries.encoder import QueryEncoder
from lass.queries.frames import FOLDER
from lass.queries.manipulate import Manipulation
from lass.queries.query import Query
from lass.queries.store import cache_name


class Asker:
    """Texts or a batch -> ``Query``: by the encoder that trains along, or from the cache of a frozen one.

    Args:
        sample_rate: of the batch (Hz).
        clips: embeddings of whole clips; without them, each is encoded each time.
        manipulation: of what ``of_batch`` asks with.
    """

    def __init__(
        self, encoder: QueryEncoder, cache: TextEmbeddingCache | None, sample_rate: int, manipulation: Manipulation,
        clips: ClipEmbeddingCache | None = None,
    ):  # fmt: skip
        self.encoder, self.cache, self.sample_rate, self.manipulation = encoder, cache, sample_rate, manipulation
        self.clips = None if manipulation.hears else clips

    def of_texts(self, texts: Sequence[str], device: torch.device) -> Query:
        """B texts -> B queries."""
        if self.cache is None:
            return self.encoder.encode_text(texts)
        embedding = torch.from_numpy(np.stack([self.cache[text] for text in texts])).to(device)
        return Query(embedding, None, None, ["extraction"] * len(texts), "text")

    def of_batch(self, batch: dict, device: torch.device) -> Query:
        """B examples of ``TrainingMixtures``, each asked in its own way -> B queries."""
        asked, embedding, task = batch["asked"], {}, list(batch["task"])
        if set(asked) == {"text"}:
            query = self.of_texts(batch["query"], device)
            changed = self.manipulation.embeddings(query.embedding, "text")
            return dataclasses.replace(query, embedding=changed, task=task)
        for modality in sorted(set(asked)):
            rows = [i for i, other in enumerate(asked) if other == modality]
            queries = [batch["query"][i] for i in rows]
            if modality == "text":
                found = self.of_texts(queries, device).embedding
            elif modality == "audio":
                found = self._of_sounds(batch["target"], rows, queries)
            else:
                found = torch.stack([self._of_frames(place) for place in queries])
            embedding |= zip(rows, self.manipulation.embeddings(found.to(device), modality))
        mixed = torch.stack([embedding[i] for i in range(len(asked))])
        modality = asked[0] if len(set(asked)) == 1 else "mixed"
        return Query(mixed, None, None, task, modality)

    def _of_sounds(self, target: Tensor, rows: Sequence[int], clips: Sequence[str]) -> Tensor:
        """Rows of ``[B, C, T]``, which are clips ("": a part of one) -> ``[rows, D]``."""
        if self.clips is None:
            return self._of_targets(target, rows)
        parts = [row for row, clip in zip(rows, clips) if not clip]
        heard = iter(self._of_targets(target, parts)) if parts else iter(())
        found = [torch.from_numpy(self.clips[clip]) if clip else next(heard).cpu() for clip in clips]
        return torch.stack(found)

    def _of_targets(self, target: Tensor, rows: Sequence[int]) -> Tensor:
        """Rows of ``[B, C, T]`` -> ``[rows, D]``. The encoder is frozen, and runs in float32 whatever else does."""
        mono = self.manipulation.waves(target.mean(1).float())[rows].cpu().numpy()
        wave = torch.from_numpy(audio.resample(mono, self.sample_rate, self.encoder.sample_rate)).to(target.device)
        with torch.no_grad(), torch.autocast(target.device.type, enabled=False):
            with self.manipulation.hearing(self.encoder):
                return self.encoder.encode_audio(wave).embedding

    def _of_frames(self, place: str) -> Tensor:
        """``<ark>:<offset>`` of a matrix ``[frames, D]`` -> mean ``[D]``, of norm 1 again (AudioSep, Sec. V-A)."""
        ark, _, offset = place.rpartition(":")
        way_out = "run stage embed again"
        if not (ark and offset.isdecimal()):
            raise LassError(f"frames of a clip at {place!r}: not '<ark>:<offset>': {way_out}")
        if Path(ark).parent.parts[-2:] != (cache_name(self.encoder), FOLDER):
            raise LassError(f"{ark}: frames by another encoder than {cache_name(self.encoder)}: {way_out}")
        frames = torch.from_numpy(read_array(ark, int(offset), way_out))
        if frames.ndim != 2 or frames.shape[1] != self.encoder.dim or not len(frames):
            raise LassError(f"{place}: an array {tuple(frames.shape)}, not [frames, {self.encoder.dim}]: {way_out}")
        mean = frames.mean(0)
        return functional.normalize(mean, dim=0) if self.encoder.normalised else mean
