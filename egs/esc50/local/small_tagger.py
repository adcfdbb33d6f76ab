"""A small CNN14 for the metric kl, of the training folds alone: small_tagger.py DATA.

DATA/encoders/tagger.safetensors is what ``lass score --metric_models tagger=FILE`` takes, tagger.txt beside it what
``--tagger_accuracy`` says: how often its most likely class is right on the clips of the test fold.
"""

import argparse
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import trange

from lass.data.datadir import DataDir
from lass.io import audio, stamp
from lass.io.files import atomic_path, write_text
from lass.layers.cnn14 import Cnn14

STEPS, RATE, BATCH = 300, 2e-3, 16
SIZES = {"window": 512, "widths": (8, 16, 32, 64, 128, 256)}  # 16 kHz
SECONDS = 2  # of a clip, heard at once in training
GAINS = (-15.0, 5.0)  # dB


def read(data: DataDir, rate: int, names: list[str]) -> tuple[list[np.ndarray], Tensor]:
    """Waves at ``rate`` Hz, and the number of the class of each: its place in ``names``."""
    waves = []
    for _, path in data.wav:
        wave, own = audio.read(path)
        waves.append(audio.resample(wave.mean(0), own, rate))
    return waves, torch.tensor([names.index(data.labels_of(utt)[0]) for utt, _ in data.wav])


def train(network: Cnn14, waves: list[np.ndarray], classes: Tensor) -> None:
    """Binary cross-entropy of each class, as PANNs are trained; parts of clips at random levels."""
    rng = np.random.default_rng(0)
    samples = SECONDS * network.sample_rate
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS)
    progress = trange(STEPS, desc="tagger")
    for _ in progress:
        drawn = rng.choice(len(waves), BATCH)
        starts = [rng.integers(max(1, len(waves[i]) - samples)) for i in drawn]
        parts = np.stack([np.resize(waves[i][start:], samples) for i, start in zip(drawn, starts)])
        gains = 10 ** (rng.uniform(*GAINS, (BATCH, 1)) / 20)
        heard = network(torch.from_numpy(parts * gains).float())
        wanted = functional.one_hot(classes[drawn], len(network.fc_audioset.bias)).float()
        loss = functional.binary_cross_entropy_with_logits(network.fc_audioset(heard.embedding), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)


@torch.no_grad()
def accuracy(network: Cnn14, folder: Path, names: list[str]) -> str:
    """"71 of 80"."""
    waves, classes = read(DataDir(folder), network.sample_rate, names)
    found = torch.cat([network(torch.from_numpy(wave)[None]).posteriors.argmax(1) for wave in waves])
    return f"{int((found == classes).sum())} of {len(classes)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="data folder of the recipe, behind stage 3")
    args = parser.parse_args()
    out, text = (args.data / "encoders" / f"tagger.{kind}" for kind in ("safetensors", "txt"))
    sets = {name: args.data / name for name in ("train", "valid", "test")}
    inputs = [*(folder / table for folder in sets.values() for table in ("wav.scp", "utt2labels")), Path(__file__)]
    if stamp.is_complete(out.with_suffix(".done"), {}, inputs, [out, text]):
        print(f"{out}: complete, nothing to do")
        return
    torch.manual_seed(0)
    data = DataDir(sets["train"])
    names = list(data.labels)
    network = Cnn14(**SIZES, classes=len(names))
    train(network.train(), *read(data, network.sample_rate, names))
    network.eval()
    right = {name: accuracy(network, sets[name], names) for name in ("test", "valid")}
    found = f"right on {right['test']} test clips, {right['valid']} of validation"
    with atomic_path(out) as temporary:
        safetensors.torch.save_file({k: v.contiguous() for k, v in network.state_dict().items()}, temporary)
    write_text(text, f"{found}\n")
    print(f"{out}: {sum(p.numel() for p in network.parameters()):,} weights, {found}")
    stamp.write(out.with_suffix(".done"), {}, inputs)


if __name__ == "__main__":
    main()
