"""MS-CLAP from weights as published, with random ones, and against msclap itself where that is installed."""

from pathlib import Path

import pytest
import torch
import torchaudio
from torch import Tensor
from torch.nn import functional
from transformers import (
    BertConfig,
    BertModel,
    ClapAudioConfig,
    ClapAudioModel,
    GPT2Config,
    GPT2Model,
    GPT2Tokenizer,
)

from lass.errors import LassError
from lass.queries.ms_clap import MsClap
from lass.queries.ms_clap_model import FILTERS, MsClapModel, Projection, convert

RATE = 44100  # Hz
AUDIO = {"spec_size": 256, "num_mel_bins": 64, "window_size": 8, "patch_embeds_hidden_size": 8, "hidden_size": 16,
         "depths": [1, 1], "num_attention_heads": [1, 2], "num_hidden_layers": 2}  # fmt: skip
AS_PUBLISHED = {  # of transformers, of HTSAT
    "audio_encoder.": "", "batch_norm.": "bn0.", "layernorm_before": "norm1", "layernorm_after": "norm2",
    "intermediate.dense": "mlp.fc1", "attention.output.dense": "attn.proj", "output.dense": "mlp.fc2",
    "attention.self": "attn",
}  # fmt: skip


def published(network: ClapAudioModel) -> dict[str, Tensor]:
    """Weights of HTSAT by the names of its authors: query, key and value are one matrix there."""
    named = {}
    for key, value in network.state_dict().items():
        for old, new in AS_PUBLISHED.items():
            key = key.replace(old, new)
        named[key] = value
    for key in [key for key in named if ".query." in key]:
        parts = [named.pop(key.replace("query", part)) for part in ("query", "key", "value")]
        named[key.replace("query", "qkv")] = torch.cat(parts)
    return named


def below(prefix: str, module_weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in module_weights.items()}


class Small2023:
    """GPT-2 and HTSAT, 12 dimensions, with what a checkpoint holds beside those of the networks."""

    def __init__(self):
        torch.manual_seed(0)
        self.text = GPT2Model(GPT2Config(vocab_size=257, n_positions=30, n_embd=64, n_head=1, n_layer=2,
                                         bos_token_id=256, eos_token_id=256)).eval()
        self.audio = ClapAudioModel(ClapAudioConfig(**AUDIO)).eval()
        self.read, self.heard = Projection(64, 12).eval(), Projection(16, 12).eval()
        for network in (self.text, self.audio):
            for parameter in network.parameters():
                parameter.data.add_(0.1 * torch.randn_like(parameter))
        self.filters = torchaudio.functional.melscale_fbanks(513, 50, 14000, 64, 32000, "slaney", "slaney")
        self.weights = {
            "logit_scale": torch.tensor(2.0),
            **below("caption_encoder.base", self.text.state_dict()),
            "caption_encoder.base.h.0.attn.bias": torch.ones(1, 1, 30, 30),
            **below("caption_encoder.projection", self.read.state_dict()),
            **below("audio_encoder.base.htsat", published(self.audio)),
            f"audio_encoder.base.htsat.{FILTERS}": self.filters,
            "audio_encoder.base.htsat.spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 1024),
            "audio_encoder.base.htsat.head.weight": torch.zeros(3, 3),
            **below("audio_encoder.projection", self.heard.state_dict()),
        }


@pytest.fixture(scope="module")
def small() -> Small2023:
    return Small2023()


@pytest.fixture(scope="module")
def encoder(small, tmp_path_factory) -> MsClap:
    folder = tmp_path_factory.mktemp("ms_clap")
    save_tokenizer(folder / "tokenizer")
    convert(small.weights, Path("small.pth"), str(folder / "tokenizer"), folder)
    return MsClap(str(folder))


def save_tokenizer(folder: Path) -> None:
    """Bytes, "!" the first of them as in GPT-2, and the end of a text."""
    from tokenizers.pre_tokenizers import ByteLevel

    pieces = ["!", *sorted(set(ByteLevel.alphabet()) - {"!"}), "<|endoftext|>"]
    GPT2Tokenizer(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[]).save_pretrained(folder)


def noise(seconds: float, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(1, round(seconds * RATE), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_texts_are_embedded_by_their_last_token(encoder, small):
    """That is <|endoftext|>, behind a blank; with another text beside it in the batch, too."""
    ids = torch.tensor([encoder._tokenizer("ab ! <|endoftext|>")["input_ids"]])
    assert ids.shape == (1, 6) and ids[0, 3] == 0 and ids[0, -1] == 256
    expected = functional.normalize(small.read(small.text(ids).last_hidden_state[:, -1]), dim=1)
    found = encoder.encode_text(["ab !", "a much longer text"]).embedding
    torch.testing.assert_close(found[:1], expected, atol=1e-5, rtol=0)


@torch.no_grad()
def test_waves_are_embedded_by_htsat(encoder, small):
    """The front end by torchaudio; 7 s are heard: the middle of a longer wave, a shorter one again and again."""
    wave = noise(7)
    power = torchaudio.transforms.Spectrogram(1024, hop_length=320)(wave)
    mel = 10 * torch.log10((power.transpose(1, 2) @ small.filters).clamp(min=1e-10))
    expected = functional.normalize(small.heard(small.audio(mel[:, None]).pooler_output), dim=1)
    found = encoder.encode_audio(wave).embedding
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    longer = torch.cat([noise(1, 1), wave, noise(1, 2)], dim=1)
    torch.testing.assert_close(encoder.encode_audio(longer).embedding, found, atol=1e-5, rtol=0)
    short = noise(3)
    repeated = torch.cat([short, short, short], dim=1)[:, : 7 * RATE]
    again = encoder.encode_audio(short).embedding
    torch.testing.assert_close(again, encoder.encode_audio(repeated).embedding, atol=1e-6, rtol=0)
    assert (again - found).abs().max() > 1e-4


def test_what_it_is(encoder):
    assert (encoder.dim, encoder.sample_rate, encoder.max_tokens) == (12, RATE, 30)
    assert encoder.identity().startswith("MsClap-ms_clap")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("caption_encoder.base.ln_f.bias"), "missing ln_f.bias; 1 faults in all"),
        (lambda w: w.pop("audio_encoder.projection.linear2.weight"), "missing linear2.weight"),
        (lambda w: w.pop(f"audio_encoder.base.htsat.{FILTERS}"), "no MS-CLAP .KeyError: 'logmel_extractor.melW'"),
        (lambda w: w.pop("caption_encoder.base.wte.weight"), "no MS-CLAP .KeyError"),
        (lambda w: w.update({"audio_encoder.base.htsat.x": torch.ones(1)}), "unexpected network.audio_encoder.x"),
        (lambda w: w.clear(), "small.pth: no MS-CLAP .*: give CLAP_weights_2022.pth or CLAP_weights_2023.pth"),
    ],
)
def test_what_does_not_fit_is_named(small, change, message):
    weights = dict(small.weights)
    change(weights)
    with pytest.raises(LassError, match=message) as caught:
        MsClapModel(weights, "small.pth")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_of_another_model(small, tmp_path):
    GPT2Tokenizer(vocab={"!": 0, "<|endoftext|>": 1}, merges=[]).save_pretrained(tmp_path / "other")
    with pytest.raises(LassError, match="--tokenizer .*other: 2 pieces for a text encoder of 257: give gpt2"):
        convert(small.weights, Path("x"), str(tmp_path / "other"), tmp_path / "clap")


# From here on with msclap itself: full sizes, random weights


@pytest.fixture
def package(monkeypatch):
    """``package(year)``: the network of msclap and its arguments; text encoders are not those of the hub."""
    pytest.importorskip("msclap", reason="msclap is not installed (tools/installers/install_clap.sh)")
    from msclap import CLAPWrapper
    from msclap.models import clap

    def make(version: str):
        torch.manual_seed(0)
        text = GPT2Model(GPT2Config()) if version == "2023" else BertModel(BertConfig())
        monkeypatch.setattr(clap.AutoModel, "from_pretrained", lambda _: text)
        folder = Path(CLAPWrapper.__file__).parent / "configs"
        args = CLAPWrapper.CLAPWrapper.read_config_as_args(None, folder / f"config_{version}.yml")
        network = clap.CLAP(
            audioenc_name=args.audioenc_name, sample_rate=args.sampling_rate, window_size=args.window_size,
            hop_size=args.hop_size, mel_bins=args.mel_bins, fmin=args.fmin, fmax=args.fmax,
            classes_num=args.num_classes, out_emb=args.out_emb, text_model=args.text_model,
            transformer_embed_dim=args.transformer_embed_dim, d_proj=args.d_proj,
        )  # fmt: skip
        return network.eval(), args

    return make


@pytest.mark.parametrize("version", ["2022", "2023"])
@torch.no_grad()
def test_embeddings_are_those_of_msclap(package, version):
    theirs, args = package(version)
    for key, value in theirs.named_parameters():
        if "extractor" not in key:
            value += 0.3 * torch.randn_like(value) if value.dim() < 2 else 1.5 * value
    for key, value in theirs.named_buffers():
        if "bn0.running_mean" in key:
            value.normal_(-20, 1)  # dB
        elif "bn0.running_var" in key:
            value.uniform_(100, 400)
    ours = MsClapModel(theirs.state_dict(), "x")
    assert ours.heard == args.duration * args.sampling_rate and ours.max_tokens == args.text_len
    waves = torch.cat([noise(args.duration), torch.cumsum(noise(args.duration, 1), 1) / 50])
    check(ours.embed_audio(waves), theirs.audio_encoder(waves)[0], f"{version}, audio")
    ids = torch.randint(1, 30000, (2, args.text_len))
    mask = torch.ones_like(ids)
    ids[0, 9:] = mask[0, 9:] = 0
    expected = theirs.caption_encoder({"input_ids": ids, "attention_mask": mask})
    check(ours.embed_text(ids, mask), expected, f"{version}, text")


def check(found: Tensor, expected: Tensor, what: str) -> None:
    """Two embeddings each: their errors are small beside what tells the two apart."""
    error = (found - expected).norm(dim=1).max() / (expected[0] - expected[1]).norm()
    print(f"{what}: error {error.item():.1e}")
    assert found.shape == expected.shape == (2, 1024) and error < 0.01
