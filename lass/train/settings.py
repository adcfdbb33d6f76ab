"""The ``train`` section of a configuration."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainSettings:
    """How a training runs.

    Attributes:
        max_steps: optimiser steps.
        batch_size: mixtures a batch.
        accumulate: batches a step.
        num_workers: data loading processes.
        grad_clip: largest L2 norm of the gradient, 0 for none.
        precision: "auto" (bf16 where GPU or CPU have it, else float32), "32-true" or "bf16-mixed".
        val_every: steps between validations; a checkpoint is written after each.
        checkpoint_every: steps between checkpoints within that.
        log_every: steps between tensorboard entries.
    """

    max_steps: int
    batch_size: int
    accumulate: int
    num_workers: int
    grad_clip: float
    precision: str
    val_every: int
    checkpoint_every: int
    log_every: int
