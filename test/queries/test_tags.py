import pytest
import torch

from lass.errors import LassError
from lass.queries.tags import Tags

TEXTS = ["Speech | Dog", "Rain", "Vehicle horn, car horn, honking | Speech"]


@pytest.fixture
def tags() -> Tags:
    torch.manual_seed(0)
    encoder = Tags(dim=8, size=5)
    encoder.fit(TEXTS)
    return encoder


def test_a_text_is_a_multi_hot_code(tags):
    assert tags.classes == ["dog", "rain", "speech", "vehicle horn, car horn, honking"]
    codes = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 1]])
    found = tags.encode_text(TEXTS).embedding
    assert torch.equal(found, tags.encode_labels(codes).embedding)
    layer = tags.projection
    torch.testing.assert_close(found, (codes @ layer.weight[:, :4].T + layer.bias).relu())


def test_order_case_and_blanks_do_not_matter(tags):
    one, other = tags.encode_text(["Speech | Dog", " dog |  SPEECH"]).embedding
    assert torch.equal(one, other)


def test_a_sound_is_the_mean_of_all(tags):
    assert torch.equal(tags.encode_text(["a sound"]).embedding, tags.encode_labels(torch.full((1, 4), 0.25)).embedding)


def test_tags_that_it_does_not_know(tags):
    with pytest.raises(LassError, match="^no class 'dgo': ask for one of the 4 classes in training, such as 'dog'$"):
        tags.encode_text(["rain", "speech | dgo"])
    with pytest.raises(LassError, match="^no class 'dog': Tags knows none yet: run stage embed$"):
        Tags().encode_text(["dog"])
    with pytest.raises(LassError, match=r"^tags of shape \(1, 5\): give \[B, 4\]$"):
        tags.encode_labels(torch.zeros(1, 5))


def test_more_tags_than_room():
    with pytest.raises(LassError, match="^the training set: 4 tags .* room for 1 to 3: raise encoder.size"):
        Tags(size=3).fit(TEXTS)


def test_assets(tags, tmp_path):
    tags.save_assets(tmp_path)
    other = Tags(dim=8, size=5)
    other.load_assets(tmp_path)
    assert other.classes == tags.classes
    (tmp_path / "classes.txt").write_text("rain\nrain\n")
    with pytest.raises(LassError, match=r"classes.txt: 2 tags \(1 different ones\)"):
        other.load_assets(tmp_path)
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(LassError, match="classes.txt: cannot be read"):
        other.load_assets(tmp_path)
