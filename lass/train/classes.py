"""Classes that are asked by example clips: their embeddings, made once for an experiment."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from lass.data.datadir import DataDir
from lass.data.examples import draw_examples, read_example
from lass.io import stamp
from lass.queries.encoder import QueryEncoder


def learn_classes(encoder: QueryEncoder, sets: Sequence[DataDir], config: dict, folder: Path) -> None:
    """Let the encoder hear example clips of the classes of ``sets``, and save in ``folder`` what it makes of them.

    If that was done before with the same encoder, clips and seed, it is loaded.

    Args:
        config: resolved configuration, which the encoder was built from.
    """
    options = {name: config[name] for name in ("encoder", "seed")}
    inputs = [data.folder / table for data in sets for table in ("wav.scp", "utt2labels", "labels")]
    done = folder / ".classes"
    if stamp.is_complete(done, options, inputs):
        encoder.load_assets(folder)
        return
    clips = draw_examples(sets, encoder.examples, config["seed"])
    folder.mkdir(parents=True, exist_ok=True)
    with tqdm(clips, desc="embed classes", unit="clip") as progress:
        encoder.hear((name, torch.from_numpy(read_example(path, encoder.sample_rate))) for name, path in progress)
    encoder.save_assets(folder)
    stamp.write(done, options, inputs)
    print(f"{folder}: {len({name for name, _ in clips})} classes, known by {len(clips)} example clips")
