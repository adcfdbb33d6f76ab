"""The names that weights of AudioMAE have in published checkpoints, and those of ``AudioMae``.

facebookresearch/AudioMAE and timm name the encoder alike. The published decoder is another one than ``MaeDecoder``.
"""

import re
from collections.abc import Mapping

from torch import Tensor

from lass.errors import LassError
from lass.layers.audiomae import PATCH
from lass.layers.fbank import BANDS, HOP, SAMPLE_RATE

DECODER = re.compile(r"(decoder_|mask_token)")  # names of weights that only pre-training has
HEAD_WIDTH = 64  # of each attention head, in vision transformers of all sizes


def convert(weights: Mapping[str, Tensor], source: str) -> tuple[dict, dict[str, Tensor]]:
    """Arguments of the ``AudioMae`` that a published checkpoint is the encoder of, and its weights.

    Raises:
        LassError: it hears no spectrograms of 128 bands in patches of 16 x 16, or was fine-tuned; ``source`` names it.
    """
    patches = weights["patch_embed.proj.weight"]
    if tuple(patches.shape[1:]) != (1, PATCH, PATCH):
        raise LassError(f"{source}: a vision transformer for patches {list(patches.shape[1:])}, not [1, {PATCH}, "
                        f"{PATCH}] of an AudioMAE: get another")
    if "fc_norm.weight" in weights or "head.weight" in weights:
        raise LassError(f"{source}: an AudioMAE that was fine-tuned to tag clips, which has no norm for its local "
                        "features: get pretrained.pth, the one that was pre-trained alone")
    own = {f"vit.{key}": value for key, value in weights.items() if not DECODER.match(key)}
    width = len(patches)
    places, rest = divmod(weights["pos_embed"].shape[1] - 1, BANDS // PATCH)
    if rest:
        raise LassError(f"{source}: {weights['pos_embed'].shape[1] - 1} patches, no multiple of {BANDS // PATCH}: not "
                        f"of spectrograms of {BANDS} bands in patches that do not overlap: get another")
    blocks = {key.split(".")[1] for key in weights if key.startswith("blocks.")}
    frames = PATCH * places
    arguments = {"width": width, "depth": len(blocks), "heads": max(1, width // HEAD_WIDTH), "frames": frames,
                 "seconds": float(frames * HOP // SAMPLE_RATE)}
    return arguments, own
