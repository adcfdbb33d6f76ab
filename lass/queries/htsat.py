"""Weights of HTSAT as its authors name them (in laion_clap and msclap) for transformers' ClapAudioModel.

All sizes come from the shapes of the weights, so that HTSAT-tiny, -base and -large are read alike.
"""

import math
import re
from collections.abc import Iterable, Mapping

from torch import Tensor

BIAS_TABLE = re.compile(r"layers\.(\d+)\.blocks\.(\d+)\.attn\.relative_position_bias_table")
# Spectrogram, tagging head, and what some versions save
UNUSED = re.compile(r"(spectrogram_extractor|logmel_extractor|tscam_conv|head)\.|.*\.attn_mask$")
NAMES = (  # of HTSAT, of transformers; one after the other
    (r"^bn0\.", "batch_norm."),
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
    (r"\.mlp\.fc1\.", ".intermediate.dense."),
    (r"\.mlp\.fc2\.", ".output.dense."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.", ".attention.self."),
)


def sizes(weights: Mapping[str, Tensor]) -> dict:
    """The arguments of ClapAudioConfig, of weights without prefix.

    Raises:
        KeyError, ValueError: they are not those of an HTSAT.
    """
    shape = {key: tuple(value.shape) for key, value in weights.items()}
    tables = {tuple(map(int, m.groups())): shape[key] for key in shape if (m := BIAS_TABLE.fullmatch(key))}
    layers = range(count(shape, r"layers\.(\d+)\.blocks\."))
    depths = [count(shape, rf"layers\.{i}\.blocks\.(\d+)\.") for i in layers]
    width, _, patch, _ = shape["patch_embed.proj.weight"]
    window = (1 + math.isqrt(tables[0, 0][0])) // 2  # a row for each of (2 w - 1)^2 offsets
    masks = shape.get("layers.0.blocks.1.attn_mask")  # one a window, where windows are shifted
    found = {
        "num_mel_bins": shape["bn0.weight"][0],
        "spec_size": math.isqrt(masks[0]) * window * patch if masks else 256,
        "window_size": window,
        "patch_size": patch,
        "patch_stride": [patch, patch],
        "patch_embeds_hidden_size": width,
        "hidden_size": shape["norm.weight"][0],
        "depths": depths,
        "num_hidden_layers": len(depths),
        "num_attention_heads": [tables[i, 0][1] for i in layers],
        "mlp_ratio": shape["layers.0.blocks.0.mlp.fc1.weight"][0] / width,
    }
    fused = {"enable_fusion": True, "fusion_type": "aff_2d"}
    return found | (fused if "patch_embed.mel_conv2d.weight" in shape else {})


def count(names: Iterable[str], pattern: str) -> int:
    """How many numbers, from 0 on, the names have in the group of ``pattern``; a ValueError if some are left out."""
    numbers = {int(match[1]) for name in names if (match := re.match(pattern, name))}
    if numbers != set(range(len(numbers))):
        raise ValueError(f"numbers are left out of {pattern}")
    return len(numbers)


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights without prefix in float32, as ``audio_encoder`` of a ClapAudioModel names them."""
    found = {}
    for key, value in weights.items():
        if UNUSED.match(key):
            continue
        value = value.float() if value.is_floating_point() else value
        for old, new in NAMES:
            key = re.sub(old, new, key)
        if ".self.qkv." in key:
            parts = value.chunk(3) if value.dim() else ()
            found |= {key.replace("qkv", name): part.clone() for name, part in zip(("query", "key", "value"), parts)}
        else:
            found[key] = value
    return found


def below(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights whose names begin with ``prefix``, without it."""
    return {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
