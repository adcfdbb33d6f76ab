"""One figure a metric of what a codec keeps of many clips, and the bits that it takes."""

from collections.abc import Mapping, Sequence

import numpy as np

SYSTEMS = "codec", "mel_floor"
FIGURES = "mel", "lsd", "lsd_audioldm", "visqol"


def summary(name: str, facts: Mapping, items: Sequence[Mapping], counts: np.ndarray) -> dict:
    """What ``results.json`` holds.

    Args:
        facts: of the codec: ``groups``, ``codebook_size``, and what else is to be kept.
        items: ``utt``, ``seconds``, ``frames`` and the figures of each of ``SYSTEMS``, of each clip.
        counts: how often each entry was chosen, ``[groups, codebook_size]``.
    """
    seconds, frames = (sum(item[key] for item in items) for key in ("seconds", "frames"))
    part = counts / counts.sum(1, keepdims=True)
    entropy = -(part * np.log2(np.where(part > 0, part, 1))).sum()
    rates = {
        "bits_per_second": frames * facts["groups"] * float(np.log2(facts["codebook_size"])) / seconds,
        "entropy_per_second": frames * float(entropy) / seconds,
        "used": float((counts > 0).mean()),
    }
    means = {system: {key: _mean(items, system, key) for key in FIGURES} for system in SYSTEMS}
    return {"name": name, "codec": dict(facts) | rates, "systems": means, "n": len(items), "items": list(items)}


def _mean(items: Sequence[Mapping], system: str, key: str) -> dict:
    """Mean over the clips that have the figure, and how many those are."""
    values = [item[system][key] for item in items if np.isfinite(item[system][key])]
    return {"mean": float(np.mean(values)) if values else None, "n": len(values)}
