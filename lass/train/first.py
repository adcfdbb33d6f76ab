"""What a long training should not find out late: a useless first batch, weights without gradient, a slow loader."""

import time
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from lass.errors import LassError

MEASURED = 20  # steps, behind a first one that compiles and allocates
SLOW = 0.2  # share of a step that may be spent waiting for data


class FirstSteps(Callback):
    """Looks at the first batch, at the gradients of the first step, and at the time of the steps that follow.

    Args:
        describe: a line on a batch; raises a LassError for a useless one.
    """

    def __init__(self, describe: Callable[[dict], str]) -> None:
        self.describe = describe
        self.batches = 0
        self.ended = self.begun = self.waited = 0.0

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, batch: dict, batch_idx: int) -> None:
        now = time.perf_counter()
        if self.batches == 0:
            say(trainer, f"first batch of this run: {self.describe(batch)}")
        elif self.batches == 1:
            self.begun, self.waited = now, 0.0
        elif self.batches <= MEASURED:
            self.waited += now - self.ended

    def on_before_optimizer_step(self, trainer: Trainer, module: LightningModule, optimizer: Any) -> None:
        if self.batches < trainer.accumulate_grad_batches:
            without = [name for name, p in module.named_parameters() if p.requires_grad and p.grad is None]
            if without:
                say(trainer, f"no gradient reaches {len(without)} weights, such as {', '.join(without[:3])}")

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: dict, batch_idx: int
    ) -> None:
        self.batches += 1
        self.ended = time.perf_counter()
        if self.batches == MEASURED + 1:
            say(trainer, f"\n{verdict(self.waited / MEASURED, (self.ended - self.begun) / MEASURED)}")

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        if 1 < self.batches <= MEASURED:
            self.batches = 1  # begin again: its time does not count


def say(trainer: Trainer, text: str) -> None:
    """Print, in one of all processes."""
    if trainer.is_global_zero:
        trainer.print(text)


def verdict(waited: float, total: float) -> str:
    """How long the training waits for the loader; both in seconds a batch."""
    if waited > SLOW * total:
        return (f"the loader is the bottleneck: {waited:.2g} of {total:.2g} s a batch; raise train.num_workers, or put "
                "the audio on a faster disk")
    return f"{total:.2g} s a batch, {waited:.2g} s of it waiting for data"


def describe(batch: dict, sample_rate: int) -> str:
    """One line on a batch ``mixture``, ``target`` [B, C, T].

    Raises:
        LassError: a wave is not finite, a target is silent, or there is nothing to separate it from.
    """
    mixture, target = batch["mixture"].double(), batch["target"].double()
    for what, bad in (
        ("the mixture is not finite", ~mixture.isfinite().all(dim=(1, 2))),
        ("the target is silent", target.abs().amax(dim=(1, 2)) == 0),
        ("the target is all of the mixture", (mixture - target).abs().amax(dim=(1, 2)) == 0),
    ):
        if bad.any():
            raise LassError(f"first batch: {what} in {batch['utt'][int(bad.int().argmax())]}: look at data.sets and "
                            "data.level, and listen to these clips")
    decibel = lambda wave: 20.0 * torch.log10(wave.square().mean().sqrt()).item()  # noqa: E731
    rest = decibel(mixture - target)
    return (f"{len(mixture)} of {mixture.shape[-1] / sample_rate:.2f} s, mixture {decibel(mixture):.1f} dBFS, target "
            f"{decibel(target) - rest:+.1f} dB above the rest, first asked {batch['query'][0]!r} ({batch['asked'][0]})")
