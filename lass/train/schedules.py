"""Learning-rate schedules: (step, total_steps, ...) -> factor of the optimiser's rate."""

import math


def constant(step: int, total_steps: int) -> float:
    """1 throughout."""
    return 1.0


def one_cycle(step: int, total_steps: int, warmup: float = 0.1, start: float = 0.04, end: float = 1e-3) -> float:
    """Cosine up from ``start`` to 1 over the first ``warmup`` part of the training, cosine down to ``end``.

    Smith and Topin, "Super-convergence" (2018), in the two-phase cosine form.
    """
    peak = max(1.0, warmup * total_steps)
    if step < peak:
        return 1.0 + (start - 1.0) * 0.5 * (1.0 + math.cos(math.pi * step / peak))
    progress = min(1.0, (step - peak) / max(1.0, total_steps - peak))
    return end + (1.0 - end) * 0.5 * (1.0 + math.cos(math.pi * progress))


def constant_warm_up(step: int, total_steps: int, warm_up_steps: int = 10_000) -> float:
    """AudioSep's released schedule: 0.001, 0.01 and 0.1 for ``warm_up_steps`` each, then 1."""
    return 10.0 ** -max(0, 3 - step // warm_up_steps)


def linear_warm_up(step: int, total_steps: int, warm_up_steps: int = 1_000, reduce_steps: int = 5_000) -> float:
    """Linear from 0 to 1 over ``warm_up_steps``, then 0.9^(step // reduce_steps) (released AudioSep and USS code)."""
    if step < warm_up_steps:
        return step / warm_up_steps
    return 0.9 ** (step // reduce_steps)


def linear_decay(
    step: int, total_steps: int, warm_up_steps: int = 5_000, decay_steps: int = 100_000, end: float = 0.1
) -> float:
    """Linear up to 1 over ``warm_up_steps``, down to ``end`` at ``decay_steps``, then constant (released CLIPSep)."""
    if step < warm_up_steps:
        return (step + 1) / warm_up_steps
    return 1.0 - (1.0 - end) * min(1.0, (step - warm_up_steps) / (decay_steps - warm_up_steps))


def warm_up_then_decay(
    step: int, total_steps: int, warm_up_steps: int = 4_000, constant_steps: int = 160_000,
    decay_steps: int = 10_000, factor: float = 0.9,
) -> float:  # fmt: skip
    """Linear from 0 to 1, constant for ``constant_steps``, then ``factor`` every ``decay_steps`` (MERL, Sec. IV-C)."""
    if step < warm_up_steps:
        return step / warm_up_steps
    return factor ** max(0, (step - warm_up_steps - constant_steps) // decay_steps)
