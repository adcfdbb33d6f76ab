"""The Lightning module: one training step, one validation step."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from lass.metrics.sdr import sdr
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import ClipEmbeddingCache
from lass.queries.encoder import QueryEncoder
from lass.queries.manipulate import Manipulation
from lass.separators.separator import Separator
from lass.train.asker import Asker
from lass.train.settings import TrainSettings
from lass.train.steps import SteppingModule


class SeparationModule(SteppingModule):
    """Trains a separator, and its query encoder unless that is frozen.

    Args:
        optimiser, schedule, settings, seed: see ``SteppingModule``.
        manipulation: of the queries in training.
    """

    def __init__(
        self,
        encoder: QueryEncoder,
        separator: Separator,
        cache: TextEmbeddingCache | None,
        optimiser: Callable,
        schedule: Callable[[int], float],
        settings: TrainSettings,
        manipulation: Manipulation,
        seed: int,
        clips: ClipEmbeddingCache | None = None,
    ):
        super().__init__(optimiser, schedule, settings, seed)
        self.encoder, self.separator = encoder, separator
        self.asker = Asker(encoder, cache, separator.sample_rate, manipulation, clips)
        self.redraws = np.zeros(2, dtype=np.int64)
        self.without_frames = 0

    def training_step(self, batch: dict, batch_idx: int) -> Tensor:
        others = [self._asked(other) for other in batch.get("others", ())]
        losses = self.separator.training_loss(self._asked(batch) | {"others": others})
        loss = self.checked(losses, batch["utt"])
        self.redraws += batch["redraws"].sum(0).cpu().numpy()
        self.without_frames += sum(int(each["without_frames"].sum()) for each in (batch, *others))
        counts = {"train/silent_crops": self.redraws[0], "train/silent_clips": self.redraws[1]}
        counts["train/without_frames"] = self.without_frames
        self.log_dict({k: float(v) for k, v in counts.items()}, sync_dist=True, reduce_fx="sum")
        return loss

    def _asked(self, batch: dict) -> dict:
        return batch | {"query": self.asker.of_batch(batch, self.device)}

    def validation_step(self, batch: dict, batch_idx: int) -> None:
        mixture, target, query = batch["mixture"], batch["target"], self.asker.of_texts(batch["query"], self.device)
        if self.separator.criterion == "loss":
            losses = self.separator.training_loss({"mixture": mixture, "target": target, "query": query})
            found = {f"valid/{name}": value for name, value in losses.items()}
            self.log_dict(found, batch_size=1, on_step=False, prog_bar=True, sync_dist=True)
            return
        estimate = self.separator(mixture, query)
        for waves in zip(*(x.double().cpu().numpy() for x in (mixture, target, estimate))):
            mix, reference, separated = (wave[0] for wave in waves)
            improvement = sdr(reference, separated) - sdr(reference, mix)
            self.log("valid/sdri", improvement, batch_size=1, on_step=False, prog_bar=True, sync_dist=True)
