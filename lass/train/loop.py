"""A training run: Lightning's loop with this package's checkpoints, loader, interruption and first checks."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from torch.utils.data import DataLoader, Dataset

from lass.train.checkpoints import AtomicCheckpointIO, Checkpoints, Goal
from lass.train.first import FirstSteps
from lass.train.interruption import Interruption
from lass.train.loader import ConsumedSampler, ResumableLoader
from lass.train.settings import TrainSettings


def fit(
    module: LightningModule, examples: Dataset, valid: Callable[[Trainer], DataLoader], settings: TrainSettings,
    folder: Path, processes: dict, goal: Goal, describe: Callable[[dict], str], collate: Callable | None = None,
) -> None:  # fmt: skip
    """Train to ``max_steps``, from ``last.ckpt`` where there is one; then load the best weights.

    Args:
        examples: endless.
        valid: the loader of a rank's share of the validation set.
        folder: ``ckpt/`` and ``tb/`` are written there.
        processes: see ``lass.train.ranks``.
        describe: a line on the first batch; raises a LassError for a useless one.
        collate: examples -> batch.

    Raises:
        Interrupted: it was told to end, and has saved its state.
    """
    last = folder / "ckpt" / "last.ckpt"
    checkpoints = Checkpoints(folder / "ckpt", settings.checkpoint_every, settings.val_every, goal)
    interruption = Interruption(checkpoints.save_last, settings.val_every)
    callbacks = [FirstSteps(describe), checkpoints, interruption, TQDMProgressBar(refresh_rate=10)]
    trainer = make_trainer(settings, settings.max_steps, callbacks, processes, folder)
    batches = ConsumedSampler(
        settings.batch_size, settings.max_steps * settings.accumulate, trainer.global_rank, trainer.world_size
    )
    consumed = lambda: trainer.global_step * settings.accumulate  # noqa: E731
    loader = ResumableLoader(examples, batches, consumed, settings.num_workers, collate)
    trainer.fit(module, loader, valid(trainer), ckpt_path=last if last.exists() else None, weights_only=True)
    best = torch.load(folder / "ckpt" / "best.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(best["state_dict"])
    print(f"best {goal.text.format(checkpoints.best)} at step {checkpoints.best_step} of {settings.max_steps}")


def share_of_rank(trainer: Trainer, examples: int) -> range:
    """The share of a rank of a validation set; all of it for each where there are fewer examples than ranks."""
    world_size = trainer.world_size
    return range(examples)[trainer.global_rank :: world_size] if examples >= world_size else range(examples)


def make_trainer(
    settings: TrainSettings, steps: int, callbacks: Sequence[Callback], processes: dict, folder: Path | None
) -> Trainer:
    """Lightning's trainer; without a folder it validates and writes nothing."""
    return Trainer(
        max_steps=steps,
        precision=_precision(settings.precision),
        accumulate_grad_batches=settings.accumulate,
        val_check_interval=settings.val_every * settings.accumulate if folder else None,
        check_val_every_n_epoch=None if folder else 1,
        num_sanity_val_steps=0,
        log_every_n_steps=settings.log_every,
        logger=TensorBoardLogger(folder, name="tb", version="") if folder else False,
        callbacks=list(callbacks),
        enable_checkpointing=False,  # by the callback Checkpoints
        enable_model_summary=False,
        use_distributed_sampler=False,
        **processes | {"plugins": [AtomicCheckpointIO(), *processes["plugins"]]},
    )


def _precision(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    found = torch.cpu.get_capabilities()  # without such an instruction bf16 would be slower than float32
    return "bf16-mixed" if found.get("avx512_bf16") or found.get("amx_bf16") else "32-true"
