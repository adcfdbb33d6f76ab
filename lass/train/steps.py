"""What all Lightning modules of this package do in a step: optimise, draw by (seed, step, rank), refuse NaN."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor

from lass.errors import LassError
from lass.train.settings import TrainSettings


class SteppingModule(LightningModule):
    """Base of the modules.

    Args:
        optimiser: parameters -> optimiser.
        schedule: step -> factor of the learning rate.
        seed: every random draw of step n (dropout) follows from (seed, n, rank).
    """

    def __init__(
        self, optimiser: Callable, schedule: Callable[[int], float], settings: TrainSettings, seed: int
    ):
        super().__init__()
        self.optimiser, self.schedule, self.settings, self.seed = optimiser, schedule, settings, seed

    def configure_optimizers(self) -> dict:
        optimiser = self.optimiser([p for p in self.parameters() if p.requires_grad])
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, self.schedule)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_train_batch_start(self, batch: dict, batch_idx: int) -> None:
        seed_step(self.seed, batch_idx, self.global_rank)

    def checked(self, losses: dict[str, Tensor], examples: Sequence[str]) -> Tensor:
        """Log the losses and the learning rate; the loss that is minimised.

        Raises:
            LassError: it is not finite; ``examples`` are named then.
        """
        loss = losses["loss"]
        if not torch.isfinite(loss):
            raise self._not_finite("loss", loss.item(), examples)
        self._examples = examples
        means = {f"train/{name}": value.detach() for name, value in losses.items()}
        self.log_dict(means, prog_bar=True, sync_dist=True, batch_size=len(examples))
        self.log("train/lr", self.lr_schedulers().get_last_lr()[0])
        return loss

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


def seed_step(seed: int, step: int, rank: int) -> None:
    """Make torch's draws of a step follow from these numbers alone."""
    stream = np.random.SeedSequence([seed, step, rank])
    torch.manual_seed(int(stream.generate_state(1, np.uint64)[0]))
