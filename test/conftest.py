"""What all tests share: no hub access, few threads, the repository root, the shared material, a final count."""

import json
import os
import re
import string
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# Set before any test module imports torch or transformers; inherited by the commands that tests start.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["fixtures.slurm", "fixtures.web", "fixtures.yt_dlp"]
_LETTERS = list(string.ascii_lowercase)
_BLOCK = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}


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
        elif not key.startswith("film."):
            transposed = re.fullmatch(r"base\.decoder_block\d\.conv1\.weight", key)
            v = v / np.sqrt(shape[0] if transposed else np.prod(shape[1:]))
            v = v * (0.3 if key == "base.after_conv.weight" else 1.0)
        filled[key] = torch.from_numpy(np.asarray(v.astype(np.float32)))
    return filled


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


# Small models with random weights, saved as their owners would save them; nothing is fetched.

def _save_bert(folder: Path) -> None:
    from transformers import BertConfig, BertModel, BertTokenizer

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS, *(f"##{x}" for x in _LETTERS)]
    BertTokenizer(vocab=_numbered(pieces)).save_pretrained(folder)
    BertModel(BertConfig(vocab_size=len(pieces), max_position_embeddings=24, **_BLOCK)).save_pretrained(folder)


def _save_clip_tokenizer(folder: Path) -> dict:
    """What the text side has to know of it."""
    from transformers import CLIPTokenizer

    pieces = [*_LETTERS, *(f"{x}</w>" for x in _LETTERS), "<|startoftext|>", "<|endoftext|>"]
    CLIPTokenizer(vocab=_numbered(pieces), merges=[]).save_pretrained(folder)
    ends = {"bos_token_id": len(pieces) - 2, "eos_token_id": len(pieces) - 1, "pad_token_id": len(pieces) - 1}
    return {"vocab_size": len(pieces), "max_position_embeddings": 24, "projection_dim": 12, **ends, **_BLOCK}


def _save_clip_text(folder: Path) -> None:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    CLIPTextModelWithProjection(CLIPTextConfig(**_save_clip_tokenizer(folder))).save_pretrained(folder)


def _save_clip(folder: Path) -> None:
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    text = _save_clip_tokenizer(folder)
    image = {"image_size": 16, "patch_size": 8, "projection_dim": 12, **_BLOCK}
    sides = {"height": 16, "width": 16}
    CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size=sides).save_pretrained(folder)
    CLIPModel(CLIPConfig(text_config=text, vision_config=image, projection_dim=12)).save_pretrained(folder)


def _save_t5(folder: Path) -> None:
    from transformers import T5Config, T5EncoderModel, T5Tokenizer

    pieces = ["<pad>", "</s>", "<unk>", "▁", *_LETTERS]
    T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=0).save_pretrained(folder)
    config = T5Config(vocab_size=len(pieces), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
    T5EncoderModel(config).save_pretrained(folder)


def _save_clap(folder: Path, fusion: bool = False) -> None:
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, RobertaTokenizer

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *_LETTERS]
    RobertaTokenizer(vocab=_numbered(pieces), merges=[]).save_pretrained(folder)
    ClapFeatureExtractor(
        feature_size=16, max_length_s=1, hop_length=480, truncation="fusion" if fusion else "rand_trunc"
    ).save_pretrained(folder)
    text = {"vocab_size": len(pieces), "max_position_embeddings": 26, "projection_dim": 12, **_BLOCK}
    audio = {"spec_size": 64, "num_mel_bins": 16, "window_size": 4, "patch_embeds_hidden_size": 8, "hidden_size": 16,
             "depths": [1, 1], "num_attention_heads": [1, 2], "num_hidden_layers": 2, "projection_dim": 12}
    if fusion:
        audio["enable_fusion"] = True
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=12)).save_pretrained(folder)


def _save_panns(folder: Path) -> None:
    import safetensors.torch

    from lass.layers.cnn14 import Cnn14

    network = Cnn14(widths=(4, 4, 6, 6, 8, 12), classes=3)
    for name, weight in network.named_parameters():
        if ".conv" in name:
            weight.data.mul_(3.0)  # torch's own are so small that nothing would be heard
    safetensors.torch.save_file(network.state_dict(), folder / "model.safetensors")


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}


_SAVERS: dict[str, Callable[..., None]] = {
    "BertText": _save_bert, "ClipText": _save_clip_text, "Clip": _save_clip, "T5Text": _save_t5, "Clap": _save_clap,
    "Panns": _save_panns,
}


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Class name of each frozen encoder -> folder of a tiny model for it. A new frozen encoder needs an entry."""
    import torch

    root = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    for name, save in _SAVERS.items():
        (root / f"tiny-{name.lower()}").mkdir()
        save(root / f"tiny-{name.lower()}")
    return {name: root / f"tiny-{name.lower()}" for name in _SAVERS}


@pytest.fixture(scope="session")
def teach() -> Callable[..., None]:
    """``teach(encoder, texts)``: what stage embed does, with noise as the example clips of classes of those names."""
    import torch

    def learn(encoder, texts: list[str]) -> None:
        encoder.fit(texts)
        if encoder.examples:
            noise = torch.randn(len(texts), encoder.sample_rate // 2, generator=torch.Generator().manual_seed(0))
            loudness = torch.logspace(-2, 0, len(texts))[:, None]
            encoder.hear(zip(texts, loudness * noise))

    return learn


@pytest.fixture(scope="session")
def tiny_fused_clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLAP with feature fusion, as laion/clap-htsat-fused."""
    import torch

    folder = tmp_path_factory.mktemp("models") / "tiny-clap-fused"
    torch.manual_seed(0)
    _save_clap(folder, fusion=True)
    return folder


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Close with one plain line, after pytest's own summary."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.option.collectonly:
        passed, skipped = (len(reporter.stats.get(name, [])) for name in ("passed", "skipped"))
        failed = len(reporter.stats.get("failed", [])) + len(reporter.stats.get("error", []))
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
