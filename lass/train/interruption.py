"""A training that is told to end (SIGTERM, or SIGUSR1 when its time on a cluster is nearly up) saves its state."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

SAVED = 75  # exit code EX_TEMPFAIL of sysexits.h, which utils/slurm_task.py knows
SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Interrupted(Exception):
    """The state is saved, the same command goes on."""


class Interruption(Callback):
    """Ends a training after the step in work, in all ranks, when a signal came to one of them.

    A step that ends with a validation is left after that, as its checkpoint is. Comes after ``Checkpoints``.

    Args:
        save: writes the state.
        val_every: steps between validations.
    """

    def __init__(self, save: Callable[[Trainer], None], val_every: int):
        self.save, self.val_every = save, val_every
        self.told = False

    def on_train_start(self, trainer: Trainer, module: LightningModule) -> None:
        # Takes the place of Lightning's handlers, which talk to other ranks in the midst of anything.
        # Lightning puts back those that were there before.
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, *_: Any) -> None:
        self.told = True

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if (batch_idx + 1) % trainer.accumulate_grad_batches == 0 and trainer.global_step % self.val_every:
            self._leave(trainer, saved=False)

    def on_validation_end(self, trainer: Trainer, module: LightningModule) -> None:
        if not trainer.sanity_checking:
            self._leave(trainer, saved=True)

    def _leave(self, trainer: Trainer, saved: bool) -> None:
        if trainer.strategy.reduce_boolean_decision(self.told, all=False) and trainer.global_step < trainer.max_steps:
            if not saved:
                self.save(trainer)
            raise Interrupted(f"interrupted at step {trainer.global_step}, the state is saved: call it again to go on")


def spare_worker(worker: int) -> None:
    """For a worker of a loader: signals that reach all processes of a job must not take it from a training that saves
    its state. SIGTERM of the training itself ends it."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    if hasattr(signal, "sigwaitinfo"):  # not on macOS
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=_end_by, args=(os.getppid(),), daemon=True).start()


def _end_by(parent: int) -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent:
        pass
    os._exit(0)
