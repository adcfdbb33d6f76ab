import pytest
import torch

from lass import config as configuration
from lass.errors import LassError
from lass.parts.folder import build_part


@pytest.mark.parametrize("name", ["tf_codec", "tf_codec_small"])
def test_the_bit_rate_is_the_papers(repo, name):
    made = build_part(configuration.read_yaml(repo / "conf" / "part" / f"{name}.yaml")["part"])
    assert (made.bit_rate, made.frame_rate, made.sample_rate) == (6000, 50, 16000)  # HSM-TSS, Sec. IV-C
    tokens = made.eval().encode(torch.randn(1, 16000))
    assert tokens.shape == (1, 50, made.groups)


def test_weights_of_all_losses_are_asked_for(codec_spec):
    with pytest.raises(LassError, match="expected spectrum, mel, commitment, adversarial, features"):
        build_part(codec_spec | {"weights": {"mel": 1.0}})


@pytest.mark.parametrize("samples", [1, 319, 320, 321, 5000])
def test_any_length(codec, noise, samples):
    tokens = codec.encode(noise(2, samples))
    assert tokens.shape == (2, -(-samples // 320), 4)
    assert codec.decode(tokens).shape == (2, tokens.shape[1] * 320)


def test_tokens_hear_nothing_of_what_is_to_come(codec, noise):
    wave = noise(1, 6400)
    changed = torch.cat([wave[:, :3300], 3 * noise(1, 3100, seed=1)], dim=1)
    same = (codec.encode(wave) == codec.encode(changed)).all(dim=2)[0]
    assert same[:10].all() and not same[10:].all()


def test_output_hears_nothing_of_what_is_to_come(codec, noise):
    """Of the input up to the end of frame 10 comes all output up to the overlap of the STFT before that."""
    wave = noise(1, 6400)
    tokens = codec.encode(wave)
    whole, begun = codec.decode(tokens), codec.decode(codec.encode(wave[:, :3200]))
    known = 3200 - codec.stft.overlap
    assert whole[:, :known].abs().max() > 1e-3
    torch.testing.assert_close(begun[:, :known], whole[:, :known], atol=1e-5, rtol=1e-3)
    assert (begun[:, known:] - whole[:, known:3200]).abs().max() > 1e-4


def test_a_batch_is_coded_as_each_alone(codec, noise):
    waves = noise(3, 3200)
    tokens = codec.encode(waves)
    assert torch.equal(tokens, torch.cat([codec.encode(wave[None]) for wave in waves]))
    torch.testing.assert_close(codec.decode(tokens)[1:2], codec.decode(tokens[1:2]), atol=1e-5, rtol=1e-3)


def test_silence_is_coded_and_finite(codec):
    assert codec.decode(codec.encode(torch.zeros(1, 3200))).isfinite().all()


def test_the_gradient_reaches_all_weights(make_codec, noise):
    made = make_codec()
    losses = made.training_loss({"wave": noise(2, 4800)})
    losses["loss"].backward()
    without = [name for name, p in made.named_parameters() if p.grad is None or not p.grad.any()]
    assert not without and 0 < losses["used"] <= 1


def test_codec_and_discriminator_learn_each_from_its_own_losses(make_codec, noise):
    made = make_codec()
    losses = made.training_loss({"wave": noise(2, 4800)})
    codec, discriminator = losses["loss"] - losses["discriminator"], losses["discriminator"]
    assert _reached(made, codec) == {name.split(".")[0] for name, _ in made.named_parameters()} - {"discriminator"}
    assert _reached(made, discriminator) == {"discriminator"}


def _reached(made, loss) -> set[str]:
    """Where the gradient of a loss is."""
    names, parameters = zip(*made.named_parameters())
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return {name.split(".")[0] for name, gradient in zip(names, found) if gradient is not None and gradient.any()}


def test_the_discriminator_takes_part_when_told(make_codec, noise):
    made, batch = make_codec(adversarial_from=2), {"wave": noise(2, 4800)}
    assert ["adversarial" in made.training_loss(batch) for _ in range(4)] == [False, False, True, True]
    validated = made.eval().training_loss(batch)
    assert int(made.steps) == 4 and not {"adversarial", "discriminator"} & set(validated)


def test_discriminator_learns_to_tell_recordings_from_what_is_decoded(make_codec, noise):
    made, target = make_codec(), noise(2, 4800)
    estimate = target.roll(1, dims=1) * torch.linspace(0, 1, 4800)
    optimiser = torch.optim.Adam(made.discriminator.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        losses.append(made.discriminator.loss(estimate, target))
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < 0.5 * losses[0]
    adversarial, features = made.discriminator.generator_losses(estimate, target)
    assert adversarial > made.discriminator.generator_losses(target, target)[0]
    assert features > 0.05 and made.discriminator.generator_losses(target, target)[1] == 0


def test_a_codec_learns_a_sound(make_codec):
    time = torch.arange(8000) / 16000
    batch = {"wave": 0.3 * torch.stack([torch.sin(440 * torch.pi * time), torch.sin(1000 * torch.pi * time)])}
    made = make_codec(adversarial_from=1000)
    optimiser = torch.optim.Adam(made.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        found = made.training_loss(batch)
        found["loss"].backward()
        optimiser.step()
        losses.append(found["spectrum"].item() + 0.25 * found["mel"].item())
    assert losses[-1] < 0.7 * losses[0]
