"""Principal components of a training's texts, found once for an experiment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lass.data.asking import TrainingRule
from lass.data.datadir import DataDir
from lass.io import stamp
from lass.queries.pca import TEXTS, PcaClap


def learn_components(
    encoder: PcaClap, sets: Sequence[DataDir], rules: Sequence[TrainingRule], config: dict, folder: Path
) -> None:
    """Fit the encoder to ``TEXTS`` texts of ``sets``, whatever these are asked by, and save that in ``folder``.

    If that was done before with the same encoder, texts and seed, it is loaded.

    Args:
        config: resolved configuration, which the encoder was built from.
    """
    options = {name: config[name] for name in ("encoder", "query", "seed")} | {"sets": config["data"]["sets"]}
    inputs = [data.folder / table for data in sets for table in ("captions", "utt2labels", "labels")]
    done = folder / ".components"
    if stamp.is_complete(done, options, inputs):
        encoder.load_assets(folder)
        return
    texts = sorted({text for data, rule in zip(sets, rules) for utt, _ in data.wav for text in rule.texts(data, utt)})
    drawn = np.random.default_rng(config["seed"]).permutation(len(texts))[:TEXTS]
    encoder.fit(texts[i] for i in sorted(drawn))
    folder.mkdir(parents=True, exist_ok=True)
    encoder.save_pca(folder)
    stamp.write(done, options, inputs)
    print(f"{folder}: {encoder.components} principal components of {len(drawn)} texts")
