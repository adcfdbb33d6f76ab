"""What all tests share: no hub access, few threads, the repository root, the shared material, a final count."""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# Set before any test module imports torch or transformers; inherited by the commands that tests start.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

ROOT = Path(__file__).resolve().parent.parent
SLOW = ("cluster", "recipes", "utils", "train")  # folders
pytest_plugins = ["fixtures.slurm", "fixtures.tiny_models", "fixtures.tiny_parts", "fixtures.web", "fixtures.yt_dlp"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left alone with it."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the repository: reference values and real recordings."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder} with reference values and recordings")
    return folder


@pytest.fixture(scope="session")
def refill() -> Callable[..., dict]:
    """The rule of the reference values: ``refill(shapes, seed)`` draws each tensor from its key and role."""
    return _refill


_GAINS = {  # of the last layers of ResUNet30, LASS-Net and CLIPSep, and the first of CLIPSep's query
    "base.after_conv.weight": 0.3,
    "UNet.after_conv2.weight": 0.04,
    "sound_net.unet_block.model.4.weight": 0.25,
    "frame_net.weight": 4.0,
}


def _refill(shapes: dict[str, tuple[int, ...]], seed: int) -> dict:
    import torch

    filled = {}
    for key, shape in shapes.items():
        module, _, leaf = key.rpartition(".")
        if leaf == "num_batches_tracked":
            filled[key] = torch.tensor(1)
            continue
        rng = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode()) + (seed << 32)))
        v = ((2.0 * rng.random(int(np.prod(shape))) - 1.0) * np.sqrt(3.0)).reshape(shape)
        norm = f"{module}.running_mean" in shapes
        if leaf in ("running_mean", "bias"):
            v = v * (0.2 if norm else 0.1)
        elif leaf == "running_var":
            v = 1.0 + 0.3 * v
        elif norm:
            v = 1.0 + 0.2 * v
        elif leaf == "scale":
            v = 1.0 + 0.3 * v
        elif not key.startswith("film."):
            transposed = re.fullmatch(r"(base|UNet)\.decoder_block\d\.conv1\.weight", key)
            v = v / np.sqrt(shape[0] if transposed else np.prod(shape[1:])) * _GAINS.get(key, 1.0)
        filled[key] = torch.from_numpy(np.asarray(v.astype(np.float32)))
    return filled


@pytest.fixture(scope="session")
def digest() -> Callable[..., str]:
    """SHA-256 of weights as the reference values tell it: ``digest(state)``."""

    def digest(state: dict) -> str:
        hashed = hashlib.sha256()
        for key, value in sorted(state.items()):
            if value.is_floating_point():
                hashed.update(key.encode() + value.numpy().astype("<f4").tobytes())
        return hashed.hexdigest()

    return digest


@pytest.fixture(scope="session")
def laion_clap_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of a small model of laion_clap with embeddings of 12 (queries/test_laion_clap.py)."""
    held = json.loads((ROOT / "test" / "queries" / "laion_clap.json").read_text(encoding="utf-8"))
    return {key: tuple(shape) for key, shape in held["shapes"].items()}


@pytest.fixture(scope="session")
def laion_clap_weights(laion_clap_shapes) -> Callable[[int], dict]:
    """Its weights by the rule of the reference values, for embeddings of another size if need be."""
    import torch

    held = json.loads((ROOT / "test" / "queries" / "laion_clap.json").read_text(encoding="utf-8"))

    def weights(size: int = 12) -> dict:
        shapes = {key: tuple(size if n == 12 else n for n in shape) for key, shape in laion_clap_shapes.items()}
        filled = _refill(shapes, 1)
        for key in shapes:
            if key.endswith("relative_position_index"):
                filled[key] = torch.tensor(held["relative_position_index"])
        return filled

    return weights


@pytest.fixture(scope="session")
def roberta_tokenizer(tmp_path_factory) -> Path:
    """A folder with a RoBERTa tokenizer for that model: of letters."""
    from transformers import RobertaTokenizer

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *"abcdefghijklmnopqrstuvwxyz"]
    folder = tmp_path_factory.mktemp("roberta") / "tokenizer"
    RobertaTokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[]).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    """Writes a video that shows one colour ``(red, green, blue)`` a second: ``make_video(path, colours)``."""

    def make(path: Path, colours: list[tuple], codec: str = "mpeg4", rate: int = 10, size: tuple = (64, 48)) -> Path:
        import av

        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            for colour in colours:
                picture = np.full((size[1], size[0], 3), colour, np.uint8)
                for _ in range(rate):
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        return path

    return make


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Close with one plain line, after pytest's own summary."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.option.collectonly:
        passed, skipped = (len(reporter.stats.get(name, [])) for name in ("passed", "skipped"))
        failed = len(reporter.stats.get("failed", [])) + len(reporter.stats.get("error", []))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
