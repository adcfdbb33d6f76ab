"""Builds a part (``lass.parts``) from its configuration and trains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import Trainer, seed_everything
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from lass import config as configuration
from lass.data.clip_crops import ClipCrops, EndlessCrops, collate
from lass.errors import LassError
from lass.io.memory import keep_freed_memory
from lass.parts.folder import build_part, check_part
from lass.parts.spec import SECTIONS
from lass.train import loop
from lass.train.checkpoints import LATEST, LOSS
from lass.train.ranks import trainer_options
from lass.train.settings import TrainSettings
from lass.train.steps import SteppingModule, seed_step


@dataclass(frozen=True)
class PartSettings(TrainSettings):
    """The ``train`` section of a part's configuration.

    Attributes:
        seconds: length of the parts of clips in a batch; shorter clips are padded with zeros (HSM-TSS, Sec. IV-A).
    """

    seconds: float


class PartModule(SteppingModule):
    """Trains a part by its own loss; the validation loss is drawn the same way each time.

    Of a part with a ``discriminator``, which finds more than a loss tells, the last state is kept, not the best.
    """

    def __init__(self, part: nn.Module, *stepping: object):
        super().__init__(*stepping)
        self.part = part

    def training_step(self, batch: dict, batch_idx: int) -> Tensor:
        return self.checked(self.part.training_loss(batch), batch["utt"])

    def validation_step(self, batch: dict, batch_idx: int) -> None:
        seed_step(self.seed, batch_idx, self.global_rank)
        losses = {f"valid/{name}": value for name, value in self.part.training_loss(batch).items()}
        losses["valid/step"] = float(self.global_step)
        self.log_dict(losses, batch_size=len(batch["utt"]), on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)


class PartTraining:
    """A training of one experiment folder.

    Args:
        config: resolved configuration of the part.
        folder: the experiment; ``ckpt/`` and ``tb/`` are written there.
        train, valid: data directories.
        ngpu, num_nodes: processes, see ``lass.train.ranks``.
    """

    def __init__(
        self, config: dict, folder: Path, train: Sequence[Path], valid: Sequence[Path], ngpu: int = 0,
        num_nodes: int = 1,
    ):  # fmt: skip
        check(config)
        seed_everything(config["seed"], verbose=False)  # first weights
        if not torch.cuda.is_available():
            keep_freed_memory()
        self.folder, self.processes = folder, trainer_options(ngpu, num_nodes)
        self.settings = PartSettings(**config["train"])
        self.part = build_part(config["part"])
        seconds, rate = self.settings.seconds, self.part.sample_rate
        if seconds > self.part.seconds:
            name = type(self.part).__name__
            raise LassError(f"train: seconds {seconds}: {name} hears {self.part.seconds} s: take less")
        self.examples = EndlessCrops(ClipCrops(train, seconds, rate), config["seed"])
        self.valid = ClipCrops(valid, seconds, rate)
        steps, schedule = self.settings.max_steps, configuration.build_function(config, "schedule")
        optimiser = configuration.build_function(config, "optimiser")
        self.module = PartModule(
            self.part, optimiser, lambda step: schedule(step, steps), self.settings, config["seed"]
        )

    def run(self) -> None:
        """Train to ``max_steps``, from ``last.ckpt`` where there is one; then load the best weights.

        Raises:
            Interrupted: it was told to end, and has saved its state.
        """
        goal = LATEST if hasattr(self.part, "discriminator") else LOSS
        loop.fit(
            self.module, self.examples, self._valid_loader, self.settings, self.folder, self.processes, goal,
            lambda batch: describe(batch, self.part.sample_rate), collate,
        )  # fmt: skip
        self.part.eval()

    def _valid_loader(self, trainer: Trainer) -> DataLoader:
        own = Subset(self.valid, loop.share_of_rank(trainer, len(self.valid)))
        size = max(1, self.settings.batch_size // trainer.world_size)
        return DataLoader(own, batch_size=size, num_workers=self.settings.num_workers, collate_fn=collate)


def check(config: dict) -> None:
    """Bind every section of a part's configuration to its signature; nothing is computed."""
    for name in SECTIONS:
        if name not in config:
            raise LassError(f"configuration: missing section {name!r}")
    check_part(config["part"])
    for name in ("optimiser", "schedule"):
        configuration.check_part(config, name)
    configuration.bind(PartSettings, config["train"], "train")
    steps, interval = config["train"]["max_steps"], config["train"]["val_every"]
    if interval > steps:
        raise LassError(f"train: val_every {interval} is above max_steps {steps}: no checkpoint would be the best")


def describe(batch: dict, sample_rate: int) -> str:
    """One line on a batch of clips.

    Raises:
        LassError: a wave is not finite, or all are silent.
    """
    wave = batch["wave"].double()
    bad = ~wave.isfinite().all(dim=1)
    if bad.any():
        raise LassError(f"first batch: {batch['utt'][int(bad.int().argmax())]} is not finite: write the clip again")
    if not wave.any():
        raise LassError(f"first batch: all of {', '.join(batch['utt'])} are silent: listen to these clips")
    decibel = 20.0 * torch.log10(wave.square().mean().sqrt()).item()
    said = next((texts[0] for texts in (*batch["captions"], *batch["labels"]) if texts), "nothing")
    return f"{len(wave)} of {wave.shape[1] / sample_rate:.2f} s, {decibel:.1f} dBFS, first described as {said!r}"
