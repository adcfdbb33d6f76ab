"""CLIP: both sides are those of transformers."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize
from transformers import CLIPImageProcessorPil, CLIPModel

from lass.errors import LassError
from lass.queries.clip import Clip, ClipText

TEXTS = ["a dog barks", "rain"]
IMAGES = torch.randint(256, (2, 30, 20, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def folder(tiny_models: dict[str, Path]) -> Path:
    return tiny_models["Clip"]


def test_images(folder):
    model, processor = CLIPModel.from_pretrained(folder).eval(), CLIPImageProcessorPil.from_pretrained(folder)
    pixels = processor([image.numpy() for image in IMAGES], return_tensors="pt")["pixel_values"]
    assert pixels.shape == (2, 3, 16, 16)
    with torch.no_grad():
        expected = model.get_image_features(pixels).pooler_output
    torch.testing.assert_close(Clip(str(folder), normalised=False).encode_image(IMAGES).embedding, expected)
    torch.testing.assert_close(Clip(str(folder)).encode_image(IMAGES).embedding, normalize(expected))


def test_texts_are_those_of_the_text_side(folder):
    both = Clip(str(folder)).encode_text(TEXTS).embedding
    assert torch.equal(both, ClipText(str(folder)).encode_text(TEXTS).embedding)


def test_a_side_is_loaded_when_it_is_asked_for(folder, monkeypatch):
    clip = Clip(str(folder))
    monkeypatch.setattr(clip, "load_frozen", lambda network: pytest.fail(f"{network.__name__} was loaded"))
    with pytest.raises(pytest.fail.Exception, match="CLIPVisionModelWithProjection was loaded"):
        clip.encode_image(IMAGES)
    with pytest.raises(pytest.fail.Exception, match="CLIPTextModelWithProjection was loaded"):
        clip.encode_text(TEXTS)


def test_saved_whole(folder, tmp_path):
    clip = Clip(str(folder))
    clip.save_pretrained(tmp_path)
    copy = Clip(str(tmp_path))
    assert torch.equal(copy.encode_image(IMAGES).embedding, clip.encode_image(IMAGES).embedding)
    assert torch.equal(copy.encode_text(TEXTS).embedding, clip.encode_text(TEXTS).embedding)


@pytest.mark.parametrize("images", [IMAGES.float(), IMAGES[0], IMAGES.permute(0, 3, 1, 2), IMAGES[:0]])
def test_what_is_no_image(images, folder):
    with pytest.raises(LassError, match=r"give uint8 \[B, H, W, 3\]"):
        Clip(str(folder)).encode_image(images)


def test_a_text_side_alone_is_refused(tiny_models):
    with pytest.raises(LassError, match="type 'clip_text_model', but Clip needs clip"):
        Clip(str(tiny_models["ClipText"]))
