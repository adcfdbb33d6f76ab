"""Level rules: how loud the sources of a mixture are.

A mixture is ``clip * (g_0 target + sum g_i interferer_i)``. A rule has two pure functions: ``draw`` picks its random
parameters once (they are stored in the mixture list), ``gains`` computes the gains ``g`` and the clip factor from
parameters and sources. Energy is the mean of squares; full scale is 1.0.
"""

from collections.abc import Sequence

import numpy as np

from lass.errors import LassError

MIN_ENERGY = 1e-10  # floor of a reference energy (AudioSep's released code)
RATIO_RANGE = (0.02, 50.0)  # clamp of the amplitude ratio of energy matching (AudioSep's released code)
CLIPPED_PEAK = 0.9  # a mixture that would clip is scaled to this peak (AudioSep, Sec. IV-B)


def energy(wave: np.ndarray) -> float:
    """Mean of squares of ``[T]``."""
    return float(np.mean(np.square(wave, dtype=np.float64)))


def energy_ratio(wave: np.ndarray, reference: np.ndarray) -> float:
    """sqrt(E(wave) / E(reference)), clamped to [0.02, 50]; ``reference * ratio`` has the energy of ``wave``.

    AudioSep, Eq. 3, with the floor and clamp of the released code.
    """
    ratio = np.sqrt(energy(wave) / max(energy(reference), MIN_ENERGY))
    return float(np.clip(ratio, *RATIO_RANGE))


def declip(mixture: np.ndarray) -> float:
    """Factor that brings a mixture with a peak above 1.0 to a peak of 0.9; 1.0 for others."""
    peak = float(np.max(np.abs(mixture), initial=0.0))
    return CLIPPED_PEAK / peak if peak > 1.0 else 1.0


def as_is_rule(sources: Sequence[np.ndarray]) -> np.ndarray:
    """Each source as loud as it is: the parts of a mixture that was published, or recorded."""
    return np.ones(len(sources))


def energy_rule(sources: Sequence[np.ndarray]) -> np.ndarray:
    """Each interferer gets the energy of the target (AudioSep, Eq. 3)."""
    target, *interferers = sources
    return np.array([1.0, *(energy_ratio(target, other) for other in interferers)])


def snr_rule(sources: Sequence[np.ndarray], snr: float) -> np.ndarray:
    """Target over sum of interferers is ``snr`` dB; several interferers are of equal energy before they are summed."""
    target, *interferers = sources
    gains = energy_rule(interferers)
    total = sum(g * other for g, other in zip(gains, interferers))
    scale = np.sqrt(energy(target) / max(energy(total), MIN_ENERGY)) * 10.0 ** (-snr / 20.0)
    return np.array([1.0, *(scale * gains)])


def lufs_rule(sources: Sequence[np.ndarray], lufs: Sequence[float], sample_rate: int) -> np.ndarray:
    """Each source is brought to its loudness (LUFS, ITU-R BS.1770); AudioSep, Sec. IV-B: -35..-25 for VGGSound."""
    import pyloudnorm  # scipy behind it is slow to import

    meter = pyloudnorm.Meter(sample_rate)
    gains = []
    for source, wanted in zip(sources, lufs, strict=True):
        if len(source) < meter.block_size * sample_rate:
            raise LassError(f"level rule 'lufs': {len(source)} samples are shorter than BS.1770's 0.4 s block")
        loudness = meter.integrated_loudness(np.asarray(source, dtype=np.float64))
        if not np.isfinite(loudness):
            raise LassError("level rule 'lufs': a source is silent, so its loudness is not defined")
        gains.append(10.0 ** ((wanted - loudness) / 20.0))
    return np.array(gains)


def peak_rule(sources: Sequence[np.ndarray], snr: float, scale: float) -> tuple[np.ndarray, float]:
    """LASS-Net's released rule: the *peaks* of target and interferer differ by ``snr`` dB.

    Then everything is scaled so that the largest peak of mixture, target and interferer is ``scale``.
    """
    target, *interferers = sources
    peak = max(np.max(np.abs(target)), MIN_ENERGY)
    gains = [1.0]
    for other in interferers:
        gains.append(peak / max(np.max(np.abs(other)), MIN_ENERGY) * 10.0 ** (-snr / 20.0))
    scaled = [g * source for g, source in zip(gains, sources)]
    largest = max(np.max(np.abs(x)) for x in (sum(scaled), *scaled))
    return np.array(gains), scale / max(largest, MIN_ENERGY)


def released_rule(sources: Sequence[np.ndarray], deltas_db: Sequence[float]) -> np.ndarray:
    """AudioSep's released mixer: energy matching with a random integer gain, twice.

    Args:
        deltas_db: one draw in [-10, 10] dB an interferer, then one for their sum. With one interferer the first
            gain is cancelled by the second matching unless a clamp is hit.
    """
    target, *interferers = sources
    *each, last = [10.0 ** (delta / 20.0) for delta in deltas_db]
    gains = np.array([d / energy_ratio(other, target) for d, other in zip(each, interferers, strict=True)])
    total = sum(g * other for g, other in zip(gains, interferers))
    return np.array([1.0, *(gains * last / energy_ratio(total, target))])


def draw(level: dict, interferers: int, rng: np.random.Generator) -> dict:
    """Draw the parameters of one mixture.

    Args:
        level: ``{rule: snr, low: -5, high: 5}`` (dB), ``{rule: lufs, low: -35, high: -25}`` (LUFS), ``{rule: energy}``,
            ``{rule: peak, low, high, scale_low, scale_high}``, ``{rule: released, low: -10, high: 10}`` (integer dB),
            ``{rule: as_is}`` (no gains: the sources are those of a published mixture).
        interferers: their number.
    """
    if interferers < 1:
        raise LassError(f"interferers {interferers}: a mixture needs at least one")
    rule = str(level.get("rule")) if isinstance(level, dict) else None
    fields = {"as_is": 0, "energy": 0, "snr": 2, "lufs": 2, "released": 2, "peak": 4}
    names = ("low", "high", "scale_low", "scale_high")[: fields.get(rule, 0)]
    if rule not in fields or set(level) != {"rule", *names}:
        raise LassError(f"level {level!r}: expected rule: {' | '.join(fields)}, with {', '.join(names) or 'no'} limits")
    if not names:
        return {}
    number = int if rule == "released" else (int, float)
    if not all(isinstance(level[name], number) for name in names):
        raise LassError(f"level {level!r}: {', '.join(names)} must be numbers{', whole ones' * (rule == 'released')}")
    low, high = level["low"], level["high"]
    if low > high or (rule == "peak" and level["scale_low"] > level["scale_high"]):
        raise LassError(f"level {level!r}: low is above high")
    if rule == "lufs":
        return {"lufs": [round(x, 4) for x in rng.uniform(low, high, interferers + 1).tolist()]}
    if rule == "released":
        return {"deltas_db": rng.integers(low, high, interferers + 1, endpoint=True).tolist()}
    params = {"snr": round(float(rng.uniform(low, high)), 4)}
    if rule == "peak":
        params["scale"] = round(float(rng.uniform(level["scale_low"], level["scale_high"])), 4)
    return params


def gains(rule: str, params: dict, sources: Sequence[np.ndarray], sample_rate: int) -> tuple[np.ndarray, float]:
    """Gains ``[1 + interferers]`` and clip factor of a mixture.

    Args:
        rule: name of the level rule.
        params: what ``draw`` returned.
        sources: target first, then interferers, each ``[T]`` of the same length.
        sample_rate: Hz, for the loudness meter.
    """
    sources = [np.asarray(source, dtype=np.float64) for source in sources]
    if rule == "peak":
        return peak_rule(sources, **params)
    if rule == "lufs":
        found = lufs_rule(sources, **params, sample_rate=sample_rate)
    else:
        rules = {"as_is": as_is_rule, "energy": energy_rule, "snr": snr_rule, "released": released_rule}
        found = rules[rule](sources, **params)
    return found, declip(sum(g * source for g, source in zip(found, sources)))
