"""Builds a system from its configuration and trains it."""

from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import TQDMProgressBar
from torch.utils.data import DataLoader, default_collate

from lass import config as configuration
from lass.data.rendered import asked_by_labels, read_questions
from lass.errors import LassError
from lass.io.memory import keep_freed_memory
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import FOLDER, ClipEmbeddingCache
from lass.queries.store import cache_name
from lass.train import loop
from lass.train.checkpoints import GOALS
from lass.train.first import describe
from lass.train.initial import initialise
from lass.train.module import SeparationModule
from lass.train.ranks import trainer_options
from lass.train.settings import TrainSettings
from lass.train.system import build_manipulation, build_model, check, training_set
from lass.train.validation import ValidationMixtures


class Training:
    """A training of one experiment folder.

    Args:
        config: resolved configuration.
        folder: the experiment; ``ckpt/`` and ``tb/`` are written there, ``embed/`` was by stage embed.
        data_root: folder of the sets.
        ngpu, num_nodes: processes, see ``lass.train.ranks``; ``train.batch_size`` is that of all of them together.
        scratch: where the audio is copied to and read from, see ``lass.io.scratch``.
    """

    def __init__(
        self, config: dict, folder: Path, data_root: Path, ngpu: int = 0, num_nodes: int = 1,
        scratch: Path | None = None,
    ):  # fmt: skip
        check(config)
        seed_everything(config["seed"], verbose=False)  # initial weights
        self.folder, self.config, self.processes = folder, config, trainer_options(ngpu, num_nodes)
        self.settings = TrainSettings(**config["train"])
        self.encoder, self.separator = build_model(config)
        if not torch.cuda.is_available():
            # CPU convolutions are faster so (tools/bench/README.md); a model folder knows no layout.
            self.separator.to(memory_format=torch.channels_last)
            keep_freed_memory()
        self.encoder.load_assets(folder / "embed")
        cache = clips = None
        if self.encoder.frozen and not self.separator.reads_tokens:
            embedded = data_root / "embed" / cache_name(self.encoder)
            cache, clips = TextEmbeddingCache(embedded), ClipEmbeddingCache(embedded / FOLDER)
        if "init" in config:
            self._initialise(**config["init"])
        elif self.separator.needs_init:
            raise LassError("separator: a part of it is not trained here: give --init MODEL_DIR, a model that has it")
        self.mixtures = training_set(config, data_root, self.separator, scratch)
        self.valid = self._validation(data_root / config["data"]["valid"], scratch)
        steps, schedule = self.settings.max_steps, configuration.build_function(config, "schedule")
        self.module = SeparationModule(
            self.encoder,
            self.separator,
            cache,
            configuration.build_function(config, "optimiser"),
            lambda step: schedule(step, steps),
            self.settings,
            build_manipulation(config),
            config["seed"],
            clips,
        )

    def _validation(self, folder: Path, scratch: Path | None) -> ValidationMixtures:
        questions = read_questions(folder, scratch=scratch)
        if "labels" in self.encoder.modalities:
            questions = asked_by_labels(questions, folder, self.encoder.join)
        return ValidationMixtures(questions, self.separator.sample_rate)

    def _initialise(self, model: str, partial: bool, **_: str) -> None:
        left = initialise(self.encoder, self.separator, Path(model), partial)
        print(f"starting from the weights of {model}; not loaded: {len(left) or 'none'}", *left, sep="\n  ")

    def run(self) -> None:
        """Train to ``max_steps``, from ``last.ckpt`` where there is one; then load the best weights.

        Raises:
            Interrupted: it was told to end, and has saved its state.
        """
        loop.fit(
            self.module, self.mixtures, self._valid_loader, self.settings, self.folder, self.processes,
            GOALS[self.separator.criterion],
            lambda batch: describe(batch, self.separator.sample_rate),
        )  # fmt: skip

    def _valid_loader(self, trainer: Trainer) -> DataLoader:
        return DataLoader(self.valid, batch_size=1, sampler=loop.share_of_rank(trainer, len(self.valid)))

    def overfit_batch(self, steps: int) -> list[float]:
        """Train on the first batch alone: a system that can learn drives this loss down. Writes nothing.

        Returns:
            the loss of each step.
        """
        batch = default_collate([self.mixtures[n] for n in range(self.settings.batch_size)])
        losses = Losses()
        bars = [losses, TQDMProgressBar(refresh_rate=10)]
        trainer = loop.make_trainer(self.settings, steps, bars, self.processes, None)
        trainer.fit(self.module, DataLoader([batch] * steps, batch_size=None))
        return losses.values


class Losses(Callback):
    """Keeps the loss of each step."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_train_batch_end(self, trainer, module, outputs, *_) -> None:
        self.values.append(float(outputs["loss"]))
