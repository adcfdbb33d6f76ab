"""How far ResUNet30 sees, measured by gradients: those of one output sample, exactly 0 beyond the receptive field."""

import pytest
import torch

from lass.queries.query import Query
from lass.separators.resunet30 import ResUNet30

SMALL = {"window": 16, "hop": 4, "widths": (2, 2)}


def network(**sizes) -> ResUNet30:
    """Positive weights that make means: no path cancels another, and no sigmoid saturates."""
    torch.manual_seed(0)
    separator = ResUNet30(condition=3, sample_rate=100, **sizes).double().eval()
    for weight in separator.base.parameters():
        if weight.dim() > 1:
            weight.data.abs_().div_(weight.data.abs().mean(0).sum())
    return separator


def reach(separator: ResUNet30, at: int, samples: int) -> tuple[int, int]:
    """Samples before and behind output sample ``at`` whose change would change it."""
    mixture = torch.rand(1, 1, samples, dtype=torch.float64, requires_grad=True)
    query = Query(torch.rand(1, 3, dtype=torch.float64), None, None, ["extraction"], "text")
    separator(mixture, query)[0, 0, at].backward()
    used = mixture.grad[0, 0].nonzero()
    return at - int(used.min()), int(used.max()) - at


@pytest.mark.parametrize(
    "sizes",
    [
        SMALL,
        SMALL | {"widths": (2, 2, 2)},
        SMALL | {"hop": 8},
        SMALL | {"hop": 3},
        SMALL | {"window": 32, "stem": 4},
        SMALL | {"blocks_per_level": 2},
        SMALL | {"bottleneck_blocks": 3, "film": "scale_shift"},
    ],
    ids=str,
)
def test_the_receptive_field_is_what_the_gradients_reach(sizes):
    separator = network(**sizes)
    field, grid = separator.receptive_field, separator.grid
    middle = -(-field // grid) * grid + 2 * grid
    reached = [reach(separator, at, 2 * middle) for at in range(middle, middle + grid)]
    assert field - 1 <= max(before for before, _ in reached) <= field
    assert field - 1 <= max(behind for _, behind in reached) <= field


def test_the_released_sizes_see_three_and_a_half_seconds():
    """In frames of 320 samples: 252 from the levels, 64 from the bottleneck, 31 from a cell of 32; and the window."""
    separator = network(window=2048, hop=320, widths=(1,) * 6)
    field, grid = separator.receptive_field, separator.grid
    assert (field, grid) == (347 * 320 + 2046, 32 * 320) and 3.5 < field / 32000 < 3.55
    frame = 12 * 32 + 2  # the decoder reaches 62 frames on to the head of a cell, whose other 31 come with it
    before, behind = reach(separator, 320 * frame - 1023, 24 * grid)  # where the frame is heard first
    assert before <= field and behind == field


def test_a_mixture_that_begins_later_by_the_grid():
    separator = network(**SMALL).float()
    grid, field = separator.grid, separator.receptive_field
    mixture = torch.rand(1, 1, 4 * field + 5)
    query = Query(torch.rand(1, 3), None, None, ["extraction"], "text")
    with torch.no_grad():
        whole, later = separator(mixture, query), separator(mixture[..., grid:], query)
        between = separator(mixture[..., grid // 2 :], query)
    assert (whole[..., grid + field :] - later[..., field:]).abs().max() < 1e-5
    assert (whole[..., grid // 2 + field :] - between[..., field:]).abs().max() > 1e-3
