"""HSM-TSS on a tiny Q-Audio: what each stage learns from, the switch, the system with a decoder."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from lass import config as configuration
from lass.errors import LassError
from lass.losses.global_local import global_local
from lass.parts.folder import load_part
from lass.queries.q_audio import QAudio
from lass.queries.query import Query
from lass.queries.t5 import T5Text
from lass.separators.hsm_tss import HsmTss, cut

TEXTS = ["a dog barks", "a bell rings twice in the distance"]
SIZES = {"width": 16, "heads": 2}


class Codec(nn.Module):
    """A token a quarter of a second, which sounds like its number."""

    def decode(self, tokens: Tensor) -> Tensor:
        return (tokens[..., 0] / 100).repeat_interleave(3990, dim=1)


class Decoder(nn.Module):
    """A token is the mean of a part of the features, and ``seed``."""

    frames = 2

    def __init__(self, audio: nn.Module):
        super().__init__()
        self.audio, self.codec = audio, Codec()

    def generate(self, features: Tensor, frames: int, seed: int = 0) -> Tensor:
        return seed + torch.stack([part.mean((1, 2)) for part in features.chunk(frames, dim=1)], dim=1)[..., None]


@pytest.fixture
def encoder(tiny_models) -> QAudio:
    return QAudio(str(tiny_models["QAudio"]), normalised=False)


@pytest.fixture
def decoder(encoder) -> Decoder:
    return Decoder(encoder.audio)


@pytest.fixture
def make(encoder):
    """``make(**arguments)``: with all dropout left out."""

    def make(given=encoder, **arguments) -> HsmTss:
        torch.manual_seed(0)
        separator = HsmTss(given, **SIZES | {"global_layers": 2, "local_layers": 2, "dropout": 0.0} | arguments)
        separator.loss = global_local
        return separator

    return make


def query(encoder, task: str = "extraction") -> Query:
    return dataclasses.replace(encoder.encode_text(TEXTS), task=[task] * 2)


def noise(seconds: float = 0.5, channels: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(round(1000 * seconds))
    return 0.1 * torch.randn(2, channels, round(16000 * seconds), generator=generator)


@pytest.fixture
def batch(encoder) -> dict:
    return {"mixture": noise(), "target": noise(0.49), "query": query(encoder)}  # a target that has to be padded


def test_what_is_heard_is_what_the_encoder_hears(make, encoder):
    wave = noise()[:, 0]
    found, patches = make().hear(wave)
    torch.testing.assert_close(found, encoder.encode_audio(wave).embedding)
    torch.testing.assert_close(patches, load_part(f"{encoder.model}/audio").features(wave))


def test_loss_of_each_stage(make, batch):
    target_global, target_local = make().hear(cut(batch["target"][:, 0], 8000)[:, 0])
    mixture_global, mixture_local = make().hear(batch["mixture"][:, 0])
    for arguments in ({"local_layers": 0}, {"global_layers": 0}):
        separator = make(**arguments)
        text = separator.read(batch["query"])
        if separator.local_stage:
            found = separator.local_stage(mixture_local, text, target_global)  # the true one: there is no other
            expected = (found - target_local).abs().mean()
        else:
            found = separator.global_stage(mixture_global, text)
            cosine = cosine_similarity(found, target_global).mean()
            expected = 1 - cosine + (found - target_global).abs().mean()
        losses = separator.training_loss(batch)
        assert list(losses) == ["loss"]
        torch.testing.assert_close(losses["loss"], expected)


def test_joint_loss_is_weighted(make, batch, repo):
    separator = make(p_gt=0.0)
    plain = separator.training_loss(batch)
    torch.testing.assert_close(plain["loss"], plain["global"] + plain["local"])
    yaml = configuration.load([repo / "conf" / "model" / "hsm_tss.yaml"])  # weights 0.1 and 1.0: Sec. IV-C
    separator.loss = configuration.build_function(yaml, "loss")
    joint = separator.training_loss(batch)
    torch.testing.assert_close(joint["loss"], 0.1 * plain["global"] + plain["local"])


def test_switch(make):
    """In training each example has the true feature with probability p_gt, by torch's seed alone; else never."""
    true, found = torch.ones(4000, 3), torch.zeros(4000, 3)
    separator = make(p_gt=0.1)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(separator.switched(found, true))
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])
    assert all(torch.equal(draw[:, 0], draw[:, 2]) for draw in draws)  # whole features are switched
    assert 0.08 < draws[0][:, 0].mean() < 0.12
    assert torch.equal(make(p_gt=1.0).switched(found, true), true)
    assert torch.equal(make(p_gt=0.0).switched(found, true), found)
    assert torch.equal(make(p_gt=1.0).eval().switched(found, true), found)
    assert torch.equal(make(p_gt=0.0).switched(None, true), true)


def test_joint_training_reaches_both_stages_through_what_the_first_found(make, batch):
    for p_gt, reached in ((0.0, True), (1.0, False)):
        separator = make(p_gt=p_gt)
        separator.loss = lambda estimate, target: global_local(estimate, target, global_weight=0.0)
        separator.training_loss(batch)["loss"].backward()
        assert bool(separator.global_stage.leave.weight.grad.any()) is reached
        assert separator.local_stage.leave.weight.grad.any()


def test_a_frozen_first_stage_needs_a_model_to_start_from(make, batch):
    separator = make(freeze_global=True, p_gt=1.0)
    separator.training_loss(batch)["loss"].backward()
    assert separator.needs_init and not make().needs_init
    assert all(weight.grad is None for weight in separator.global_stage.parameters())
    assert all(weight.grad is not None for weight in separator.local_stage.parameters())


def test_the_state_holds_the_stages_alone(make, decoder):
    assert {key.split(".")[0] for key in make(decoder=decoder).state_dict()} == {"global_stage", "local_stage"}


def test_task_changes_what_is_separated(make, encoder):
    separator, heard = make().eval(), make().hear(noise()[:, 0])
    both = [separator.separate_features(*heard, separator.read(query(encoder, task))) for task in separator.tasks]
    for extracted, removed in zip(*both):
        assert (extracted - removed).abs().max() > 1e-4


def test_forward_decodes_what_was_separated(make, encoder, decoder):
    separator, mixture = make(decoder=decoder, sampling={"seed": 7}).eval(), noise(1.2, channels=2)
    with torch.no_grad():
        found = separator(mixture, query(encoder))
        padded = cut(mixture[1, 1][None], separator.samples)[0]
        asked = query(encoder)
        second = Query(*(part[1:] for part in (asked.embedding, asked.tokens, asked.mask, asked.task)), "text")
        asked = second.repeat_interleave(3)
        _, local = separator.separate_features(*separator.hear(padded), separator.read(asked))
    assert found.shape == mixture.shape
    expected = torch.stack([separator.sound(part[None])[0] for part in local]).flatten()[: mixture.shape[-1]]
    torch.testing.assert_close(found[1, 1], expected)
    assert (expected[:3990] > 0.05).all() and not expected[7980:8000].any()  # seed 7; the codec ends before the clip


def test_single(make, tiny_models):
    reads = T5Text(str(tiny_models["T5Text"]))
    audio = load_part(tiny_models["QAudio"] / "audio")
    separator = make(reads, audio=audio, global_layers=0)
    batch = {"mixture": noise(), "target": noise(0.49), "query": query(reads)}
    assert separator.hear(noise()[:, 0])[0] is None
    separator.training_loss(batch)["loss"].backward()
    assert all(weight.grad is not None for weight in separator.parameters())
    for arguments in ({"global_layers": 0}, {"audio": audio}):
        with pytest.raises(LassError, match="T5Text hears nothing: give audio"):
            make(reads, **arguments)


def test_what_cannot_be_heard(make, encoder, decoder):
    for arguments in ({}, {"decoder": decoder, "global_layers": 0}, {"decoder": decoder, "local_layers": 0}):
        separator = make(**arguments)
        assert not separator.audible
        with pytest.raises(LassError, match="gives features and no waves"):
            separator(noise(), query(encoder))
    with pytest.raises(LassError, match="without the tokens"):
        make().read(encoder.encode_audio(noise()[:, 0]))


def test_a_decoder_of_other_features_is_refused(make, decoder, tiny_models):
    decoder.audio = load_part(tiny_models["QAudio"] / "audio")
    make(decoder=decoder)
    decoder.audio.vit.norm.weight.data[3] += 0.1
    with pytest.raises(LassError, match="an acoustic decoder of other features"):
        make(decoder=decoder)
