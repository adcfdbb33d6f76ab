"""The Lightning module: one training step, one validation step."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from lass.errors import LassError
from lass.metrics.sdr import sdr
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import ClipEmbeddingCache
from lass.queries.encoder import QueryEncoder
from lass.queries.manipulate import Manipulation
from lass.separators.separator import Separator
from lass.train.asker import Asker
from lass.train.settings import TrainSettings


class SeparationModule(LightningModule):
    """Trains a separator, and its query encoder unless that is frozen.

    Args:
        optimiser: parameters -> optimiser.
        schedule: step -> factor of the learning rate.
        manipulation: of the queries in training.
        seed: every random draw of step n (dropout) follows from (seed, n, rank).
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
        super().__init__()
        self.encoder, self.separator = encoder, separator
        self.asker = Asker(encoder, cache, separator.sample_rate, manipulation, clips)
        self.optimiser, self.schedule, self.settings, self.seed = optimiser, schedule, settings, seed
        self.redraws = np.zeros(2, dtype=np.int64)
        self.without_frames = 0

    def configure_optimizers(self) -> dict:
        optimiser = self.optimiser([p for p in self.parameters() if p.requires_grad])
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, self.schedule)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_train_batch_start(self, batch: dict, batch_idx: int) -> None:
        stream = np.random.SeedSequence([self.seed, batch_idx, self.global_rank])
        torch.manual_seed(int(stream.generate_state(1, np.uint64)[0]))

    def training_step(self, batch: dict, batch_idx: int) -> Tensor:
        others = [self._asked(other) for other in batch.get("others", ())]
        losses = self.separator.training_loss(self._asked(batch) | {"others": others})
        loss = losses["loss"]
        if not torch.isfinite(loss):
            raise self._not_finite("loss", loss.item(), batch["utt"])
        self._examples = batch["utt"]
        self.redraws += batch["redraws"].sum(0).cpu().numpy()
        self.without_frames += sum(int(each["without_frames"].sum()) for each in (batch, *others))
        means = {f"train/{name}": value.detach() for name, value in losses.items()}
        self.log_dict(means, prog_bar=True, sync_dist=True)
        self.log("train/lr", self.lr_schedulers().get_last_lr()[0])
        counts = {"train/silent_crops": self.redraws[0], "train/silent_clips": self.redraws[1]}
        counts["train/without_frames"] = self.without_frames
        self.log_dict({k: float(v) for k, v in counts.items()}, sync_dist=True, reduce_fx="sum")
        return loss

    def _asked(self, batch: dict) -> dict:
        return batch | {"query": self.asker.of_batch(batch, self.device)}

    def configure_gradient_clipping(self, optimizer, *_, **__) -> None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.settings.grad_clip or float("inf"))
        if not torch.isfinite(norm):
            raise self._not_finite("gradient norm", float(norm), self._examples)
        self.log("train/grad_norm", norm)

    def _not_finite(self, what: str, value: float, examples: Sequence[str]) -> LassError:
        return LassError(
            f"step {self.global_step + 1}: {what} is {value}; examples: {', '.join(examples)}. Listen to them, or "
            "lower optimiser.lr or train.grad_clip; the last good state is in ckpt/last.ckpt"
        )

    def validation_step(self, batch: dict, batch_idx: int) -> None:
        mixture, target = batch["mixture"], batch["target"]
        estimate = self.separator(mixture, self.asker.of_texts(batch["query"], self.device))
        for waves in zip(*(x.double().cpu().numpy() for x in (mixture, target, estimate))):
            mix, reference, separated = (wave[0] for wave in waves)
            improvement = sdr(reference, separated) - sdr(reference, mix)
            self.log("valid/sdri", improvement, batch_size=1, on_step=False, prog_bar=True, sync_dist=True)
