"""Copies of the repository to run recipes in, so that the tests leave no trace in the working tree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lass.data.datadir import Row, write_data_dir
from lass.io import audio

RATE = 32000  # Hz, of formatted clips
LABELS = ("dog", "rain", "bell")
REPO = Path(__file__).parents[2]

TINY_RUN = """#!/usr/bin/env bash
# tiny: a corpus of tones and noises for the tests.
train_sets=train
valid_sets=valid
test_sets=test
model=tiny
config=conf/train.yaml
licence=none
. "$(dirname "${BASH_SOURCE[0]}")/../../utils/lass.sh"
"""
TINY_DATA = '''"""Tones, noises and clicks."""
from pathlib import Path
import numpy as np
from lass.data.datadir import Row
from lass.io import audio

RATE = 16000
NAMES = {"tone": "a steady tone", "noise": "loud noise", "click": "sharp clicks"}


def sound(name, rng):
    t = np.arange(2 * RATE) / RATE
    if name == "tone":
        return 0.4 * np.sin(2 * np.pi * rng.uniform(300, 900) * t)
    if name == "noise":
        return 0.1 * rng.standard_normal(len(t))
    return 0.8 * (np.arange(len(t)) % int(rng.integers(900, 1900)) < 20)


def download(root: Path) -> None:
    for split in ("train", "valid", "test"):
        for name in NAMES:
            for i in range(6):
                rng = np.random.default_rng([i, len(name), len(split)])
                audio.write(root / f"{split}-{name}-{i}.wav", sound(name, rng), RATE, "PCM_16")


def prepare(root: Path) -> dict[str, list[Row]]:
    return {
        split: [
            Row(f"{split}-{name}-{i}", str(root / f"{split}-{name}-{i}.wav"), [text], {name: name}, "")
            for name, text in NAMES.items()
            for i in range(6)
        ]
        for split in ("train", "valid", "test")
    }
'''
TINY_MIX = """
valid: {mixtures_per_target: 1, level: {rule: snr, low: 0, high: 0}, query: {source: caption}, seed: 1}
test: {mixtures_per_target: 3, level: {rule: lufs, low: -35, high: -25}, query: {source: caption}, seed: 2}
"""
TINY_MODEL = """
encoder: {class: lass.queries.text_transformer.TextTransformer, dim: 16, width: 16, layers: 1, heads: 2}
separator: {class: lass.separators.resunet30.ResUNet30, window: 256, hop: 128, widths: [4, 4, 8], stem: 4}
loss: {class: lass.losses.snr.negative_snr}
data: {segment: 0.5}
train: {max_steps: 40, batch_size: 2, num_workers: 2, val_every: 10, checkpoint_every: 3}
"""
SHORT_TRAINING = "train.max_steps=4 train.val_every=2 train.checkpoint_every=2 train.batch_size=2 data.segment=0.25"


def copy_repository(target: Path) -> Path:
    """The files that git would commit, in a folder of their own, and that the interpreter has all that they need."""
    checked = REPO / "tools" / ".venv.existing"
    subprocess.run([REPO / "tools" / "setup.sh"], check=True, env=os.environ | {"LASS_PYTHON": sys.executable})
    listed = subprocess.run(
        ["git", "-C", str(REPO), "ls-files", "-coz", "--exclude-standard"], check=True, capture_output=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPO / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, target / name)
    shutil.copy2(checked, target / "tools" / checked.name)  # looked at once: it takes 15 s
    return target


def add_tiny_recipe(repository: Path) -> Path:
    """A recipe that a newcomer would write: five small files."""
    recipe = repository / "egs" / "tiny"
    files = {"run.sh": TINY_RUN, "local/data.py": TINY_DATA, "conf/mix.yaml": TINY_MIX, "conf/train.yaml": "{}\n"}
    for name, text in files.items():
        (recipe / name).parent.mkdir(parents=True, exist_ok=True)
        (recipe / name).write_text(text, encoding="utf-8")
    (recipe / "run.sh").chmod(0o755)
    (repository / "conf" / "model" / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    return recipe


def make_formatted(recipe: Path, place: str, labelled: bool, captioned: bool) -> None:
    """train, valid and test as stage 3 leaves them: six clips each, paths seen from the folder of the recipe."""
    for name in ("train", "valid", "test"):
        rows = []
        for k in range(6):
            utt, label = f"{recipe.name}-{name}-{k}", LABELS[k % 3]
            noise = 0.1 * np.random.default_rng(list(utt.encode())).standard_normal(RATE)
            audio.write(recipe / "data" / "flac" / f"{utt}.flac", noise, RATE, "PCM_16")
            captions, labels = [f"a {label} sounds"] * captioned, {label: label.title()} if labelled else {}
            rows.append(Row(utt, f"data/flac/{utt}.flac", captions, labels, f"toy:{utt}"))
        write_data_dir(recipe / "data" / place / name, rows)
        lengths = "".join(f"{row.utt} {RATE}\n" for row in rows)
        (recipe / "data" / place / name / "utt2num_samples").write_text(lengths)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository."""
    return copy_repository(tmp_path / "repository")


@pytest.fixture
def tiny_recipes(tmp_path: Path) -> list[Path]:
    """The same new recipe in two copies of the repository."""
    return [add_tiny_recipe(copy_repository(tmp_path / name)) for name in ("whole", "killed")]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The interpreter that runs the tests, and no network."""
    return os.environ | {"LASS_PYTHON": sys.executable, "HF_HUB_OFFLINE": "1"}
