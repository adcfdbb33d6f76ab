import pytest
import torch

from lass.codecs.acoustic_decoder import AcousticDecoder
from lass.codecs.sampling import Sampler
from lass.errors import LassError


@pytest.fixture
def decoder(audio, codec) -> AcousticDecoder:
    """32 features, then up to 32 frames; weights so large that a token depends on those before it."""
    torch.manual_seed(2)
    made = AcousticDecoder(audio, codec, width=16, layers=2, heads=2).eval()
    with torch.no_grad():
        for parameter in (p for name, p in made.named_parameters() if not name.startswith(("audio.", "codec."))):
            parameter *= 3
    return made


@pytest.fixture
def features(noise) -> torch.Tensor:
    return 10 * noise(3, 32 * 16).unflatten(1, (32, 16))


@pytest.fixture
def mask() -> torch.Tensor:
    """Half of the features of the second example are padding."""
    made = torch.ones(3, 32, dtype=torch.bool)
    made[1, 16:] = False
    return made


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_cache_changes_nothing(decoder, features, mask, temperature):
    options = {"mask": mask, "temperature": temperature, "seed": 3}
    tokens = decoder.generate(features, 12, **options)
    assert tokens.shape == (3, 12, 4) and len(tokens.unique()) > 8
    assert torch.equal(decoder.generate(features, 12, cached=False, **options), tokens)


def test_the_cache_reads_each_frame_once(decoder, features):
    read = []
    decoder.transformer.register_forward_hook(
        lambda module, arguments, named, found: read.append(named["inputs_embeds"].shape[1]), with_kwargs=True
    )
    decoder.generate(features, 5)
    assert read == [33, 1, 1, 1, 1]


def test_a_batch_is_generated_as_each_alone(decoder, features, mask):
    together = decoder.generate(features, 8, seed=3, mask=mask)
    alone = [decoder.generate(features[n : n + 1], 8, seed=3, mask=mask[n : n + 1]) for n in range(3)]
    assert torch.equal(together, torch.cat(alone))


def test_the_seed_tells_what_is_drawn(decoder, features):
    one, again, other = (decoder.generate(features, 8, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_teacher_forcing_gives_what_generation_takes(decoder, features, mask):
    tokens = decoder.generate(features, 8, temperature=0, mask=mask)
    assert torch.equal(decoder(features, tokens, mask).argmax(-1), tokens)


def test_a_frame_depends_on_those_before_it_alone(decoder, features):
    tokens = decoder.generate(features, 8)
    changed = tokens.clone()
    changed[:, 4] = (changed[:, 4] + 1) % 32
    before, after = decoder(features, tokens), decoder(features, changed)
    torch.testing.assert_close(after[:, :5], before[:, :5])
    assert not torch.isclose(after[:, 5:], before[:, 5:]).all()


def test_features_of_padding_are_not_heard(decoder, features, mask):
    tokens = decoder.generate(features, 8, mask=mask)
    changed = features.clone()
    changed[1, 16:] = 7.0
    assert torch.equal(decoder.generate(changed, 8, mask=mask), tokens)
    assert not torch.equal(decoder(changed, tokens), decoder(features, tokens))


def test_what_lies_behind_the_end_of_a_clip_is_not_learnt(decoder, noise):
    wave = noise(2, 10240)
    wave[1, 5120:] = 0
    whole = decoder.training_loss({"wave": wave, "samples": [10240, 10240]})
    samples = [10240, 5120]
    cut = decoder.training_loss({"wave": wave, "samples": samples})
    louder = wave.clone()
    louder[1, 5200:] = 3.0  # behind its frames and patches, but heard by the features before
    assert cut["loss"] != whole["loss"]
    decoder.audio.features = lambda _: torch.ones(2, 32, 16)
    first = decoder.training_loss({"wave": wave, "samples": samples})["loss"]
    torch.testing.assert_close(decoder.training_loss({"wave": louder, "samples": samples})["loss"], first)


def test_it_learns_a_clip(audio, codec, noise):
    torch.manual_seed(0)
    made = AcousticDecoder(audio, codec, width=32, layers=1, heads=2, dropout=0.0)
    batch = {"wave": noise(1, 10240), "samples": [10240]}
    optimiser = torch.optim.Adam([p for p in made.parameters() if p.requires_grad], 1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        losses = made.training_loss(batch)
        losses["loss"].backward()
        optimiser.step()
    assert losses["accuracy"] > 0.9
    features = made.audio.features(batch["wave"])
    tokens = made.eval().generate(features, 32, temperature=0)
    assert (tokens == made.codec.encode(batch["wave"])).float().mean() > 0.9


def test_the_parts_below_stay_as_they_are(decoder, noise):
    decoder.train()
    assert decoder.transformer.training and not decoder.audio.training and not decoder.codec.training
    before = {name: value.clone() for name, value in decoder.codec.state_dict().items()}
    decoder.training_loss({"wave": noise(1, 10240), "samples": [10240]})["loss"].backward()
    assert all(torch.equal(value, before[name]) for name, value in decoder.codec.state_dict().items())
    reached = {name.split(".")[0] for name, p in decoder.named_parameters() if p.grad is not None}
    assert reached == {"listen", "start", "embedding", "transformer", "tell"}


def test_faults(decoder, features, audio, codec):
    with pytest.raises(LassError, match="33 frames, made for 32"):
        decoder.generate(features, 33)
    with pytest.raises(LassError, match="20 features, not 32"):
        decoder.generate(features[:, :20], 4)
    codec.sample_rate = 24000
    with pytest.raises(LassError, match="features at 16000 Hz, codec at 24000 Hz"):
        AcousticDecoder(audio, codec, width=16, layers=1, heads=2)


def test_top_k_and_temperature():
    logits = torch.tensor([[[0.0, 1.0, 2.0, 3.0]]])
    drawn = [int(Sampler(1.0, 2, seed)(logits)) for seed in range(200)]
    assert set(drawn) == {2, 3}
    assert drawn.count(3) / 200 == pytest.approx(torch.e / (1 + torch.e), abs=0.1)  # 0.73
    cold = [int(Sampler(0.1, 4, seed)(logits)) for seed in range(100)]
    assert cold.count(3) > 98 and int(Sampler(0.0, 4, 0)(logits)) == 3
