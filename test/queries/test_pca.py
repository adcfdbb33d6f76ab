"""PCA of CLAP's embeddings."""

import string

import pytest
import torch
from torch.nn.functional import normalize

from lass.errors import LassError
from lass.queries.clap import Clap
from lass.queries.pca import PcaClap

TEXTS = [f"{a} {b}" for a in string.ascii_lowercase[:10] for b in ("sounds", "rings", "falls")]


@pytest.fixture(scope="module")
def folder(tiny_models) -> str:
    return str(tiny_models["PcaClap"])


def test_components_are_those_with_the_largest_variance(folder):
    pca, plain = PcaClap(folder, components=4), Clap(folder).encode_text(TEXTS).embedding
    pca.fit(TEXTS)
    found = pca.encode_text(TEXTS).embedding
    largest = torch.linalg.eigvalsh(torch.cov(plain.T.double())).flip(0)[:4]
    torch.testing.assert_close(torch.cov(found.T.double()), torch.diag(largest), atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(found.mean(0), torch.zeros(4), atol=1e-5, rtol=0)


def test_rank(folder):
    pca, inverse = PcaClap(folder, components=4), PcaClap(folder, components=4, inverse=True)
    for encoder in (pca, inverse):
        encoder.fit(TEXTS)
    assert (pca.dim, inverse.dim) == (4, 20)
    back = inverse.encode_text(TEXTS).embedding
    assert torch.linalg.matrix_rank(back - back.mean(0), rtol=1e-4) == 4
    plain = Clap(folder).encode_text(TEXTS).embedding
    mean = plain.mean(0)
    assert (back - plain).norm() < (plain - mean).norm()  # nearer than the mean
    waves = torch.randn(3, 48_000)
    heard = Clap(folder).encode_audio(waves).embedding
    basis = torch.linalg.svd(plain - mean).Vh[:4]
    torch.testing.assert_close(inverse.encode_audio(waves).embedding, (heard - mean) @ basis.T @ basis + mean)
    torch.testing.assert_close(normalize(heard), heard)


def test_caches_of_other_components_have_other_names(folder):
    first, second = PcaClap(folder, components=4), PcaClap(folder, components=4)
    first.fit(TEXTS)
    second.fit(TEXTS[:-1])
    assert first.identity() != second.identity()


def test_refusals(folder, tmp_path):
    with pytest.raises(LassError, match="components 20: choose 1 to 19"):
        PcaClap(folder, components=20)
    with pytest.raises(LassError, match="3 distinct texts for 4 components"):
        PcaClap(folder, components=4).fit(TEXTS[:3])
    with pytest.raises(LassError, match="no principal components yet: run stage embed"):
        PcaClap(folder, components=4).encode_text(TEXTS)
    with pytest.raises(LassError, match="pca.safetensors: cannot be read .*: run stage embed"):
        PcaClap(folder, components=4).load_assets(tmp_path)
    other = PcaClap(folder, components=5)
    other.fit(TEXTS)
    other.save_pca(tmp_path)
    with pytest.raises(LassError, match="not 4 components of 20"):
        PcaClap(folder, components=4).load_assets(tmp_path)
