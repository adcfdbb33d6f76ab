"""A training in one process or more: rank_program.py CONFIG.json EXP DATA_ROOT NGPU NUM_NODES NETWORK."""

import json
import os
import sys
from pathlib import Path

import torch
from torch import nn

from lass.separators.separator import Separator
from lass.train import fit


class Filter(Separator):
    """A network without BatchNorm: filters that the query mixes."""

    sample_rate = 8000

    def __init__(self, condition: int):
        super().__init__()
        self.filters = nn.Conv1d(1, 8, 65, padding=32)
        self.mix = nn.Linear(condition, 8)

    def forward(self, mixture, query):
        return (torch.tanh(self.filters(mixture)) * self.mix(query.embedding)[..., None]).mean(1, keepdim=True)


def without_batch_norm(config):
    encoder, separator = build_model(config)
    plain = Filter(encoder.dim)
    plain.loss = separator.loss
    return encoder, plain


def with_its_averages(config):
    """BatchNorm by running averages: no statistics of a batch, which would be those of a rank's share."""
    encoder, separator = build_model(config)
    return encoder, separator.eval()


class Noted(fit.SeparationModule):
    """Notes which examples a rank trained on."""

    def training_step(self, batch, batch_idx):
        with open(folder / f"examples.{self.global_rank}", "a") as f:
            for utt, wave in zip(batch["utt"], batch["mixture"]):
                f.write(f"{batch_idx} {utt} {wave.double().sum():.9f}\n")
        return super().training_step(batch, batch_idx)


build_model = fit.build_model
fit.SeparationModule = Noted
config, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
fit.build_model = {"plain": without_batch_norm, "resunet": with_its_averages, "as it is": build_model}[sys.argv[6]]
fit.Training(config, folder, Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])).run()
print("rank ends", os.environ.get("LOCAL_RANK"))
