"""Checkpoints that are whole or not there: ``last.ckpt`` to resume, ``best.ckpt`` to use."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.io import TorchCheckpointIO

from lass.io.files import atomic_path


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target, then renames; reads without pickled code."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | os.PathLike, storage_options: Any = None) -> None:
        with atomic_path(path) as temporary:
            torch.save(checkpoint, temporary)

    def load_checkpoint(self, path: str | os.PathLike, map_location: Any = None, **_: Any) -> dict[str, Any]:
        return torch.load(path, map_location=map_location or "cpu", weights_only=True)


class Goal(NamedTuple):
    """What the best checkpoint is chosen by.

    Attributes:
        name: of a logged value.
        text: how it is told, with a place for it.
        sign: 1 if more is better, -1 if less is.
    """

    name: str
    text: str
    sign: int


SDRI = Goal("valid/sdri", "validation SDRi {:.2f} dB", 1)
LOSS = Goal("valid/loss", "validation loss {:.4f}", -1)
LATEST = Goal("valid/step", "validated at step {:.0f}", 1)  # where a loss does not tell which state is the best
GOALS = {"sdri": SDRI, "loss": LOSS}  # by the criterion of a separator


class Checkpoints(Callback):
    """Keeps the last state, and the best one.

    Args:
        folder: where ``last.ckpt`` and ``best.ckpt`` go.
        every: steps between checkpoints; one is written after each validation as well.
        val_every: steps between validations.
        goal: which is the best.
    """

    def __init__(self, folder: Path, every: int, val_every: int, goal: Goal):
        self.folder, self.every, self.val_every, self.goal = folder, every, val_every, goal
        self.best = -goal.sign * float("inf")
        self.best_step = 0

    def state_dict(self) -> dict:
        return {"best": self.best, "best_step": self.best_step}

    def load_state_dict(self, state: dict) -> None:
        self.best, self.best_step = state["best"], state["best_step"]

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return  # amid a step, whose gradients so far a checkpoint does not hold
        step = trainer.global_step
        # A step that ends with a validation is saved after it, so that a resumed run does not lose the validation.
        if step % self.every == 0 and step % self.val_every:
            self.save_last(trainer)

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        if trainer.sanity_checking:
            return
        score = float(trainer.callback_metrics[self.goal.name])
        better = self.goal.sign * score > self.goal.sign * self.best
        found = self.goal.text.format(score)
        trainer.print(f"\nstep {trainer.global_step}: {found}{', the best' if better else ''}")
        if better:
            self.best, self.best_step = score, trainer.global_step
            trainer.save_checkpoint(self.folder / "best.ckpt", True)  # weights only
        self.save_last(trainer)

    def save_last(self, trainer: Trainer) -> None:
        """Write ``last.ckpt``; all ranks call it."""
        trainer.save_checkpoint(self.folder / "last.ckpt", False)  # with the state of the optimiser
