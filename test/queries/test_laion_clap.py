"""LAION-CLAP checkpoints as ClapModel, against laion_clap itself.

``laion_clap.json`` holds the names and shapes of a small model of laion_clap 1.1.7 and what it made of the queries
below, its weights filled by the rule of the reference values. Where tools/installers/install_clap.sh has put the
package, it is asked again, and so are its own full sizes.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import melscale_fbanks
from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

from lass.errors import LassError
from lass.queries import laion_clap as module
from lass.queries.clap import Clap

HELD = json.loads(Path(__file__).with_name("laion_clap.json").read_text(encoding="utf-8"))
RATE, SECONDS = 48000, 2  # Hz; what the small model hears
BERT = "text_branch.embeddings.token_type_embeddings.weight"  # which has two rows of it, and RoBERTa one
IDS = torch.tensor([[0, 7, 9, 12, 30, 2], [0, 20, 5, 2, 1, 1], [0, 31, 8, 8, 2, 1]])


def wave(name: str, samples: int) -> np.ndarray:
    """``[T]`` at 48 kHz: "noise", or a rising "tone" that stops now and then."""
    noise = np.random.default_rng(7).standard_normal(samples)
    t = np.arange(samples) / RATE
    sounds = {"noise": 0.1 * noise, "tone": 1e-3 * noise + 0.3 * np.sin(2e3 * (1 + t) * t) * (t % 0.5 < 0.3)}
    return sounds[name].astype(np.float32)


def mel_filters(mels: int) -> Tensor:
    """Those of laion_clap, by another package than it and transformers use."""
    return melscale_fbanks(513, 50, 14000, mels, RATE, norm="slaney", mel_scale="slaney")


@pytest.fixture
def weights(laion_clap_weights) -> dict[str, Tensor]:
    """The small model's, with what a checkpoint holds beside those of the network."""
    return laion_clap_weights() | {module.FILTERS: mel_filters(16)}


@pytest.fixture
def encoder(weights, roberta_tokenizer, tmp_path) -> Clap:
    module.convert(weights, Path("small.pt"), str(roberta_tokenizer), tmp_path / "clap")
    return Clap(str(tmp_path / "clap"))


def cosines(found: Tensor, expected: Tensor) -> Tensor:
    return functional.cosine_similarity(found.double(), expected.double(), dim=-1)


def text_embeddings(clap, ids: Tensor) -> Tensor:
    pooled = clap.text_model(ids, attention_mask=ids.ne(1).long()).pooler_output
    return functional.normalize(clap.text_projection(pooled), dim=-1)


@torch.no_grad()
def test_embeddings_are_those_of_laion_clap(encoder):
    for found, name in ((text_embeddings(encoder.backbone, IDS), "text"), (heard(encoder), "audio")):
        expected = torch.tensor(HELD[name])
        assert cosines(found, expected).min() > 0.999999
        assert cosines(expected[0], expected[1]) < 0.99  # so that this tells something


def heard(encoder: Clap) -> Tensor:
    """A whole wave, one that is repeated and padded, and noise."""
    waves = (wave("tone", SECONDS * RATE), wave("tone", 30000), wave("noise", SECONDS * RATE))
    return torch.cat([encoder.encode_audio(torch.from_numpy(samples)[None]).embedding for samples in waves])


def test_texts_go_through_the_tokenizer(encoder):
    found = encoder.encode_text(["ab z", "k"])
    ids = torch.tensor([[0, 6, 7, 5, 31, 2], [0, 16, 2, 1, 1, 1]])
    torch.testing.assert_close(found.embedding, text_embeddings(encoder.backbone, ids), atol=1e-5, rtol=0)
    assert found.embedding.shape == (2, 12)


def test_what_checkpoints_hold_or_lack(weights, tmp_path):
    """position_ids, token_type_ids and the spectrogram's parts change nothing, and half precision little."""
    model, extractor = module.build(weights, Path("x"))
    more = weights | {
        "text_branch.embeddings.position_ids": torch.arange(40)[None],
        "text_branch.embeddings.token_type_ids": torch.zeros(1, 40, dtype=torch.long),
        "audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 1024),
    }
    less = {key: value for key, value in weights.items() if "logmel" not in key and "tscam" not in key}
    for other in (more, less):
        same, same_extractor = module.build(other, Path("x"))
        assert all(torch.equal(value, model.state_dict()[key]) for key, value in same.state_dict().items())
        assert same_extractor.to_dict() == extractor.to_dict()
    half = {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}
    found = module.build(half, Path("x"))[0]
    assert all(parameter.dtype == torch.float32 for parameter in found.parameters())
    assert cosines(text_embeddings(found, IDS), text_embeddings(model, IDS)).min() > 0.9999


def test_logit_scales_are_kept(weights):
    model, _ = module.build(weights, Path("x"))
    assert model.logit_scale_a == weights["logit_scale_a"] and model.logit_scale_t == weights["logit_scale_t"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("text_projection.0.bias"), "missing text_projection.linear1.bias; 1 faults in all"),
        (lambda w: w.update({"audio_branch.new": torch.ones(1)}), "unexpected audio_model.audio_encoder.new; 1 faults"),
        (lambda w: w.update({"audio_branch.norm.bias": torch.ones(3)}), r"norm.bias is \[3\], expected \[16\]; 1"),
        (lambda w: w.update({BERT: torch.ones(2, 768)}), "other towers than HTSAT and RoBERTa"),
        (lambda w: w.update({"text_branch.encoder.layer.99999999.x": torch.ones(1)}), "other towers"),
        (lambda w: w.update({"audio_branch.layers.99999999.blocks.0.x": torch.ones(1)}), "other towers"),
        (lambda w: w.update({"audio_branch.patch_embed.proj.weight": torch.ones(7, 1, 4, 4)}), "other towers"),
        (lambda w: [w.pop(key) for key in list(w) if key.startswith("text_branch.embeddings.")], "other towers"),
        (lambda w: [w.pop(key) for key in list(w) if key.startswith("audio_branch.layers.")], "other towers"),
        (lambda w: w.update({module.FILTERS: 1.01 * mel_filters(16)}), "its mel filters are not those of 50 Hz"),
        (lambda w: w.update({module.FILTERS: mel_filters(8)}), "its mel filters are not those of 50 Hz to 14 kHz"),
    ],
)
def test_what_does_not_fit_is_named(change, message, weights):
    change(weights)
    with pytest.raises(LassError, match=message) as caught:
        module.build(weights, Path("small.pt"))
    assert str(caught.value).startswith("small.pt: ") and "\n" not in str(caught.value)


def test_a_tokenizer_of_another_model(weights, tmp_path):
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    in_another_order = [*pieces[::-1], *map(str, range(27))]
    for content, said in ((pieces, "of 5 pieces for a RoBERTa of 32"), (in_another_order, "of 32")):
        vocabulary = {piece: i for i, piece in enumerate(content)}
        RobertaTokenizer(vocab=vocabulary, merges=[]).save_pretrained(tmp_path / said)
        with pytest.raises(LassError, match=f"--tokenizer .*: a tokenizer {said}.*: give roberta-base"):
            module.convert(weights, Path("x"), str(tmp_path / said), tmp_path / "clap")
    with pytest.raises(LassError, match="--tokenizer nowhere/at-all: no such folder.*hf download nowhere/at-all"):
        module.convert(weights, Path("x"), "nowhere/at-all", tmp_path / "clap")


# From here on with laion_clap itself


class Laion:
    """laion_clap, with RoBERTa of random weights where it would ask the hub for those of roberta-base."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        pytest.importorskip("laion_clap", reason="laion_clap is not installed (tools/installers/install_clap.sh)")
        from clap_module import model
        from laion_clap.training.data import get_audio_features

        self.module, self.features = model, get_audio_features
        self.monkeypatch = monkeypatch

    def roberta(self, **sizes) -> None:
        config = RobertaConfig(**{"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1,
                                  "layer_norm_eps": 1e-5, **sizes})
        self.monkeypatch.setattr(RobertaModel, "from_pretrained", lambda _: RobertaModel(config))

    def small(self, weights: dict[str, Tensor]):
        """The model of laion_clap.json."""
        from clap_module.htsat import HTSAT_Swin_Transformer

        self.roberta(vocab_size=32, max_position_embeddings=40, hidden_size=768, num_hidden_layers=1,
                     num_attention_heads=12, intermediate_size=32)
        sizes = {"spec_size": 64, "embed_dim": 8, "depths": [2, 1], "num_heads": [2, 4], "window_size": 4}
        self.monkeypatch.setattr(self.module, "create_htsat_model",
                                 lambda audio, *_: HTSAT_Swin_Transformer(**sizes, num_classes=3, config=audio))
        audio = {"mel_bins": 16, "sample_rate": RATE, "hop_size": 480, "model_type": "HTSAT", "model_name": "small"}
        text = {"context_length": 77, "vocab_size": 0, "width": 0, "heads": 0, "layers": 0, "model_type": "roberta"}
        clap = self.module.CLAP(16, audio, text, joint_embed_shape=12).eval()
        clap.load_state_dict({k: v for k, v in weights.items() if not k.endswith("attn_mask")}, strict=False)
        return clap

    @torch.no_grad()
    def audio(self, clap, samples: np.ndarray, seconds: int, fusion: bool = False, quantised: bool = False) -> Tensor:
        if quantised:
            from laion_clap.training.data import float32_to_int16, int16_to_float32

            samples = int16_to_float32(float32_to_int16(samples))
        features = self.features({}, torch.from_numpy(samples), seconds * RATE, "fusion" if fusion else "rand_trunc",
                                 "repeatpad", vars(clap.audio_cfg))
        return clap.get_audio_embedding([features])

    @torch.no_grad()
    def text(self, clap, ids: Tensor) -> Tensor:
        return clap.get_text_embedding({"input_ids": ids, "attention_mask": ids.ne(1).long()})


@pytest.fixture
def laion(monkeypatch) -> Laion:
    return Laion(monkeypatch)


def test_the_stored_values_are_those_of_laion_clap(laion, weights, laion_clap_shapes):
    clap = laion.small(weights)
    extractor = ("audio_branch.spectrogram_extractor.", "audio_branch.logmel_extractor.")
    own = {k: tuple(v.shape) for k, v in clap.state_dict().items() if not k.startswith(extractor)}
    assert own == laion_clap_shapes
    waves = (wave("tone", SECONDS * RATE), wave("tone", 30000), wave("noise", SECONDS * RATE))
    found = torch.cat([laion.audio(clap, samples, SECONDS) for samples in waves])
    torch.testing.assert_close(found, torch.tensor(HELD["audio"]), atol=2e-6, rtol=0)
    torch.testing.assert_close(laion.text(clap, IDS), torch.tensor(HELD["text"]), atol=2e-6, rtol=0)


@pytest.mark.parametrize(("name", "fusion"), [("HTSAT-tiny", False), ("HTSAT-tiny", True), ("HTSAT-base", False)])
@torch.no_grad()
def test_full_sizes_with_random_weights(name, fusion, laion):
    """Samples rounded to 16 bits or not; batch norms spread as those of trained models."""
    from clap_module import create_model

    laion.roberta()
    torch.manual_seed(0)
    clap = create_model(name, "roberta", device="cpu", enable_fusion=fusion, fusion_type="aff_2d")[0].eval()
    for key, parameter in clap.named_parameters():
        if not key.startswith(("audio_branch.spectrogram_extractor", "audio_branch.logmel_extractor")):
            parameter += 0.3 * torch.randn_like(parameter) if parameter.dim() < 2 else 2 * parameter
    clap.audio_branch.bn0.running_mean.normal_(-20, 1)
    clap.audio_branch.bn0.running_var.uniform_(100, 400)
    model, extractor = module.build(clap.state_dict(), Path("x"))

    ids = torch.cat([torch.randint(3, 50265, (2, 18)), IDS[:2].repeat(1, 3)])
    found = cosines(text_embeddings(model, ids), laion.text(clap, ids))
    print(f"{name}, fusion {fusion}: text {found.min():.7f}")
    assert found.min() >= 0.999
    for kind, samples in (("noise", 480000), ("tone", 480000), ("tone", 100000)):
        mel = extractor(wave(kind, samples), sampling_rate=RATE, return_tensors="pt")["input_features"]
        pooled = model.audio_model(mel, is_longer=torch.zeros(1, 1, dtype=torch.bool)).pooler_output
        for quantised in (False, True):
            expected = laion.audio(clap, wave(kind, samples), 10, fusion, quantised)
            found = cosines(model.audio_projection(pooled), expected)
            print(f"{name}, fusion {fusion}: {kind}, {samples} samples, 16 bits {quantised}: {found.item():.7f}")
            assert found >= 0.999
