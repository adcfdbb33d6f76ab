"""Linear probes of frozen local features: how much of what a clip is can be read from them by one linear layer."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from tqdm import tqdm

from lass import config as configuration
from lass.data.clip_crops import ClipCrops
from lass.errors import LassError
from lass.io.files import sha256
from lass.layers.audiomae import PATCH
from lass.layers.fbank import frames_of
from lass.parts.folder import CONFIG, WEIGHTS, build_part, load_part, training_of
from lass.score.provenance import commit

BATCH = 8  # clips
ITERATIONS = 1000  # of the solver, which ends before on small sets
RANDOM_SEED = 0  # of the weights of the random encoder


def probe(folder: Path, train: Sequence[Path], test: Path) -> tuple[list[dict[str, str]], dict]:
    """Train the linear layers on clips of some sets, and ask them on the clips of another.

    Returns:
        ``{utt, label, <system>: what it says, ..}`` of each clip of ``test``, systems as in ``hear``; facts of the run.

    Raises:
        LassError: the part has no local features, a clip has no label or several, one that ``train`` does not have.
    """
    encoders = networks(folder)
    first = encoders["trained"]
    known, unknown = (ClipCrops(sets, first.seconds, first.sample_rate) for sets in (train, [test]))
    given, wanted = [label for _, label in labels_of(known)], labels_of(unknown)
    if strange := sorted({label for _, label in wanted} - set(given)):
        raise LassError(f"{test}: label {strange[0]!r} is in none of the sets to train on: give others")
    heard, asked = hear(encoders, known), hear(encoders, unknown)
    said = {system: predict(heard[system], given, asked[system]) for system in heard}
    items = [
        {"utt": utt, "label": label} | {system: labels[i] for system, labels in said.items()}
        for i, (utt, label) in enumerate(wanted)
    ]
    run = {"part": str(folder), "sha256": sha256(folder / WEIGHTS), "train": [str(path) for path in train],
           "test": str(test), "clips": len(unknown), "trained_on": training_of(folder), "commit": commit()}
    return items, run


def networks(folder: Path) -> dict[str, nn.Module]:
    """The part in a folder, and one of the same shape that was never trained.

    Raises:
        LassError: the part has no local features.
    """
    part = load_part(folder)
    if not (hasattr(part, "features") and hasattr(part, "grid")):
        raise LassError(f"{folder}: a {type(part).__name__}, which has no local features to be probed: give an "
                        "AudioMAE")
    spec = configuration.read_yaml(folder / CONFIG)["part"]
    with torch.random.fork_rng():
        torch.manual_seed(RANDOM_SEED)
        untrained = build_part(spec, folder).eval().requires_grad_(False)
    return {"trained": part, "random": untrained}


def hear(encoders: dict[str, nn.Module], clips: ClipCrops) -> dict[str, np.ndarray]:
    """Features of each clip, float32 ``[clips, D]``, by system:

    ``trained`` and ``random``: the mean over all patches; ``trained_bands`` and ``random_bands``: the mean over time,
    the bands of patches side by side, as MW-MAE is probed; ``log_mel``: mean and deviation over time of each mel band.
    Of a clip that is shorter than what the encoder hears, patches that hold nothing but padding do not count.
    """
    first = encoders["trained"]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    found: dict[str, list[Tensor]] = {}
    for encoder in encoders.values():
        encoder.to(device)
    with torch.inference_mode():
        for wave, columns in _batches(clips):
            wave = wave.to(device)
            for name, encoder in encoders.items():
                patches = encoder.features(wave).unflatten(1, encoder.grid)  # [B, time, frequency, D]
                for one, heard in zip(patches, columns):
                    found.setdefault(name, []).append(one[:heard].mean((0, 1)))
                    found.setdefault(f"{name}_bands", []).append(one[:heard].mean(0).flatten())
            for one, heard in zip(first.spectrogram(wave), columns):
                deviation, mean = torch.std_mean(one[: heard * PATCH], dim=0)
                found.setdefault("log_mel", []).append(torch.cat([mean, deviation]))
    return {name: torch.stack(parts).float().cpu().numpy() for name, parts in found.items()}


def _batches(clips: ClipCrops) -> Iterator[tuple[Tensor, list[int]]]:
    """Waves ``[B, T]``, and of each how many columns of patches in time hold a part of the clip."""
    name = clips.sets[0].folder.name
    with tqdm(total=len(clips), desc=f"hear {name}", unit="clip") as progress:
        for start in range(0, len(clips), BATCH):
            items = [clips[i] for i in range(start, min(start + BATCH, len(clips)))]
            columns = [max(1, math.ceil(frames_of(item["samples"]) / PATCH)) for item in items]
            yield torch.stack([item["wave"] for item in items]), columns
            progress.update(len(items))


def labels_of(clips: ClipCrops) -> list[tuple[str, str]]:
    """Id and label of each clip, in order.

    Raises:
        LassError: a clip has none, or several.
    """
    found = []
    for data in clips.sets:
        for utt, _ in data.wav:
            labels = data.labels_of(utt)
            if len(labels) != 1:
                raise LassError(f"{data.folder / 'utt2labels'}: {utt} has {len(labels)} labels, and a probe needs one "
                                "a clip: choose another set")
            found.append((utt, data.labels[labels[0]]))
    return found


def predict(train: np.ndarray, labels: Sequence[str], test: np.ndarray) -> list[str]:
    """Labels of ``test`` by logistic regression on standardised features."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    return classifier.fit(train, labels).predict(test).tolist()
