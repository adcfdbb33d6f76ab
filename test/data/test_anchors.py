import torch

from lass.data.anchors import find_anchors
from lass.layers.cnn14 import Cnn14, Heard


class FirstSample(torch.nn.Module):
    """Hears class 0 by the first sample, class 1 by its negative."""

    sample_rate = 8

    def forward(self, wave):
        return Heard(wave, torch.stack([wave[:, 0], -wave[:, 0]], dim=1))


def test_the_segment_of_highest_posterior():
    """Segments of 16 samples begin at every second sample, the last where it still fits."""
    wave = torch.zeros(40)
    wave[7], wave[10], wave[12], wave[26] = 9.0, -0.25, 0.5, 9.0  # none begins at 7 or 26
    assert find_anchors(FirstSample(), wave, [1, 0]) == [(1.25, 0.25), (1.5, 0.5)]
    assert find_anchors(FirstSample(), wave[10:13], [0]) == [(0.0, -0.25)]


def test_the_network_itself():
    tagger = Cnn14(window=512, widths=(4, 4, 4, 4, 4, 8), classes=3).eval()
    (start, posterior), _ = find_anchors(tagger, torch.randn(40000), [2, 0])
    assert 0 <= start <= 0.5 and 0 < posterior < 1
