import torch

from lass.layers.log_frequency import to_linear_frequency, to_log_frequency


def test_rows_lie_where_the_axis_says():
    """A spectrum that is the number of its bin becomes the frequencies of the rows."""
    bins = torch.arange(513.0)[None, None, :, None].expand(2, 3, -1, 5)
    rows = to_log_frequency(bins, 256)
    assert rows.shape == (2, 3, 256, 5)
    expected = 512 * (21 ** (torch.arange(256) / 255) - 1) / 20
    torch.testing.assert_close(rows[1, 2, :, 3], expected, atol=1e-3, rtol=0)
    assert rows[0, 0, 0, 0] == 0 and abs(rows[0, 0, -1, 0] - 512) < 1e-3


def test_back_again():
    smooth = torch.linspace(0, 3, 513).sin()[None, None, :, None].expand(1, 1, -1, 4)
    torch.testing.assert_close(to_linear_frequency(to_log_frequency(smooth, 256), 513), smooth, atol=1e-3, rtol=0)


def test_frames_are_not_mixed():
    spectrum = torch.zeros(1, 1, 65, 9)
    spectrum[..., 4] = 1.0
    found = to_log_frequency(spectrum, 32)
    assert torch.all(found[..., 4] > 0.999) and found[..., [0, 1, 2, 3, 5, 6, 7, 8]].abs().max() < 1e-5
