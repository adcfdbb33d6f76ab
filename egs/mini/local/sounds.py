"""Twelve small synthesisers, one a sound family of the mini corpus.

Each is called as ``sound(rng, rate, samples, **parameters)`` and returns float64 ``[T]`` of ``samples`` samples at
``rate`` Hz, at no particular level: the caller normalises. Parameters are physical: Hz, s, events per second.
Everything random comes from ``rng``, so equal generators give equal samples. Rates from 16 kHz upwards are supported.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from scipy.fft import next_fast_len
from scipy.signal import lfilter

# First three formants (Hz) of men's vowels: Peterson & Barney, J. Acoust. Soc. Am. 24(2), 1952, Table II.
VOWELS = {"ah": (730, 1090, 2440), "ee": (270, 2290, 3010), "oo": (300, 870, 2240), "eh": (530, 1840, 2480)}
# Partials of a minor-third church bell, relative to its prime: hum, prime, tierce, quint, nominal, and those above.
BELL_PARTIALS = (0.5, 1.0, 1.19, 1.5, 2.0, 2.52, 2.66, 3.01, 4.17, 5.43)
PENTATONIC = (0, 2, 4, 7, 9, 12)  # semitones above the root

Sound = Callable[..., np.ndarray]  # any of the functions below that have no leading underscore


def _onsets(rng: Generator, rate: int, samples: int, pace: float, jitter: float = 0.0) -> Iterator[int]:
    """First samples of events that come ``pace`` times a second; each is late or early by up to ``jitter`` periods."""
    for beat in range(int(np.ceil(samples / rate * pace))):
        start = int((beat + 0.1 + jitter * rng.uniform(-1, 1)) / pace * rate)
        if 0 <= start < samples:
            yield start


def _add(out: np.ndarray, event: np.ndarray, start: int) -> None:
    """Add ``event`` to ``out`` from sample ``start`` on, cut where ``out`` ends."""
    event = event[: len(out) - start]
    out[start : start + len(event)] += event


def _faded(event: np.ndarray, rate: int, seconds: float) -> np.ndarray:
    """``event`` with raised-cosine ends of ``seconds`` each (at most half of it), so that it does not click."""
    length = min(int(seconds * rate), len(event) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(length, 1))
    return event * np.concatenate([ramp, np.ones(len(event) - 2 * length), ramp[::-1]])


def _decay(rate: int, tau: float) -> np.ndarray:
    """exp(-t / tau) over seven time constants (down to -61 dB); ``tau`` in s."""
    return np.exp(-np.arange(int(7 * tau * rate)) / (tau * rate))


def _oscillator(hertz: np.ndarray, rate: int) -> np.ndarray:
    """Phase (rad) of an oscillator whose frequency (Hz) is given sample by sample."""
    return 2 * np.pi * np.cumsum(hertz) / rate


def _wander(rng: Generator, rate: int, samples: int, hertz: float) -> np.ndarray:
    """A slow random curve in [0, 1] that takes a new value ``hertz`` times a second."""
    knots = rng.uniform(0, 1, int(samples / rate * hertz) + 2)
    return np.interp(np.arange(samples) * hertz / rate, np.arange(len(knots)), knots)


def _resonate(signal: np.ndarray, rate: int, hertz: float, bandwidth: float) -> np.ndarray:
    """Two-pole resonator of unit gain at 0 Hz (Klatt, J. Acoust. Soc. Am. 67(3), 1980, Eqs. 1-2)."""
    radius, angle = np.exp(-np.pi * bandwidth / rate), 2 * np.pi * hertz / rate
    poles = [1.0, -2 * radius * np.cos(angle), radius**2]
    return lfilter([sum(poles)], poles, signal)


def sweep(rng: Generator, rate: int, samples: int, pace: float, start: float, octaves: float) -> np.ndarray:
    """Sines that glide by ``octaves`` from (rising) or to (falling) ``start`` Hz, the lowest; ``pace`` a second."""
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        length = int(0.9 / pace * rate)
        glide = np.linspace(0, 1, length) if octaves > 0 else np.linspace(1, 0, length)
        hertz = start * 2 ** (abs(octaves) * glide)
        _add(out, _faded(np.sin(_oscillator(hertz, rate)), rate, 0.03), first)
    return out


def string(rng: Generator, rate: int, samples: int, pace: float, pitch: float, brightness: float) -> np.ndarray:
    """Karplus-Strong notes (Computer Music Journal 7(2), 1983) of a pentatonic scale on ``pitch`` Hz.

    ``brightness`` in (0, 1] is the coefficient of the one-pole low-pass on the excitation; 1 leaves it white.
    """
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        period = round(rate / (pitch * 2 ** (rng.choice(PENTATONIC) / 12)))
        pluck = lfilter([brightness], [1, brightness - 1], rng.uniform(-1, 1, 2 * period))[period:]
        pluck = (pluck - pluck.mean()) / np.abs(pluck).max()
        loss = 10 ** (-3 * period / rate / 1.6)  # -60 dB after 1.6 s
        periods = np.zeros((int(1.2 * rate / period) + 2, period + 1))  # column 0 holds the sample before
        periods[0, 1:] = pluck
        for row in range(1, len(periods)):
            periods[row, 0] = periods[row - 1, -1]
            delayed = periods[row - 1]
            periods[row, 1:] = loss * 0.5 * (delayed[1:] + delayed[:-1])
        _add(out, _faded(periods[:, 1:].ravel(), rate, 0.002), first)
    return out


def bell(rng: Generator, rate: int, samples: int, pace: float, pitch: float, ring: float) -> np.ndarray:
    """Strikes whose inharmonic partials decay the faster the higher they are; the prime's time constant is ``ring``."""
    out = np.zeros(samples)
    detune = rng.uniform(0.99, 1.01, len(BELL_PARTIALS))
    weights = rng.uniform(0.4, 1.0, len(BELL_PARTIALS)) / np.arange(1, len(BELL_PARTIALS) + 1) ** 0.5
    strike = np.zeros(int(7 * 1.5 * ring * rate) + 1)
    for ratio, weight in zip(BELL_PARTIALS * detune, weights, strict=True):
        envelope = _decay(rate, ring * min(1.5, ratio**-0.7))
        _add(strike, weight * envelope * np.sin(2 * np.pi * pitch * ratio * np.arange(len(envelope)) / rate), 0)
    for first in _onsets(rng, rate, samples, pace):
        _add(out, rng.uniform(0.7, 1.0) * strike, first)
    return out


def engine(rng: Generator, rate: int, samples: int, firing: float, roughness: float, drift: float) -> np.ndarray:
    """Exhaust pulses ``firing`` times a second through pipe resonances, with noise that follows the pulses.

    Four cylinders differ in strength; ``roughness`` (0 to 1) varies each pulse and the noise; the speed changes by
    the factor 1 + ``drift`` over the clip and wanders by 2 %.
    """
    speed = firing * (1 + drift * np.linspace(0, 1, samples)) * (0.99 + 0.02 * _wander(rng, rate, samples, 3.0))
    fires = np.flatnonzero(np.diff(np.floor(np.cumsum(speed) / rate), prepend=-1.0))
    pulses = np.zeros(samples)
    pulses[fires] = np.resize(rng.uniform(0.6, 1.0, 4), len(fires))
    pulses[fires] *= 1 + roughness * rng.uniform(-0.6, 0.6, len(fires))
    pipe = sum(_resonate(pulses, rate, hertz, 90.0) for hertz in (rng.uniform(90, 160), rng.uniform(220, 420)))
    puffs = lfilter([1.0], [1, -np.exp(-1 / (0.006 * rate))], pulses)
    hiss = _resonate(puffs * rng.standard_normal(samples), rate, rng.uniform(500, 900), 600.0)
    return pipe / pipe.std() + (0.1 + 0.3 * roughness) * hiss / hiss.std()


def noise(rng: Generator, rate: int, samples: int, pace: float, duty: float, attack: float) -> np.ndarray:
    """Bursts of white noise, ``pace`` a second, each ``duty`` of the period long, with ramps of ``attack`` of it."""
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        burst = rng.standard_normal(int(duty / pace * rate)) * rng.uniform(0.7, 1.0)
        _add(out, _faded(burst, rate, attack * len(burst) / rate), first)
    return out


def click(rng: Generator, rate: int, samples: int, pace: float, pitch: float) -> np.ndarray:
    """Equal, evenly spaced clicks: a resonance at ``pitch`` Hz that rings for a few of its periods."""
    envelope = _decay(rate, 12 / pitch + 0.0015)
    tick = envelope * np.sin(2 * np.pi * pitch * np.arange(len(envelope)) / rate)
    tick += 0.2 * envelope**3 * rng.standard_normal(len(envelope))
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        _add(out, tick, first)
    return out


def vowel(
    rng: Generator, rate: int, samples: int, pace: float, pitch: float, vibrato: float, formants: np.ndarray
) -> np.ndarray:
    """A sung vowel: Rosenberg glottal pulses (J. Acoust. Soc. Am. 49(2B), 1971) through four formants.

    ``pace`` notes a second around ``pitch`` Hz; ``vibrato`` is the relative depth of a 5.5 Hz pitch wobble;
    ``formants`` are the lowest three (Hz) of a low voice, raised by up to 20 % with the pitch.
    """
    tract = 1.0 + 0.2 * min(1.0, max(0.0, (pitch - 120) / 150)) + rng.uniform(-0.03, 0.03)
    wobble = vibrato * np.sin(2 * np.pi * 5.5 * np.arange(samples) / rate + rng.uniform(0, 2 * np.pi))
    hertz = pitch * (1 + wobble + 0.01 * _wander(rng, rate, samples, 8.0))
    notes = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        length = min(int(0.88 / pace * rate), samples - first)
        hertz[first : first + length] *= 2 ** (rng.choice((-2, 0, 0, 2)) / 12)
        notes[first : first + length] = _faded(np.ones(length), rate, 0.05)
    cycle = np.cumsum(hertz) / rate % 1.0
    opening = 0.5 - 0.5 * np.cos(np.pi * cycle / 0.4)
    closing = np.cos(0.5 * np.pi * (cycle - 0.4) / 0.16)
    glottis = np.where(cycle < 0.4, opening, np.where(cycle < 0.56, closing, 0.0))
    speech = np.diff(glottis, prepend=0.0) + 1e-4 * rng.standard_normal(samples)  # lips radiate the derivative
    for formant, bandwidth in zip((*formants, 3500), (80, 90, 120, 200), strict=True):
        speech = _resonate(speech, rate, formant * tract, bandwidth)
    return notes * speech


def siren(rng: Generator, rate: int, samples: int, pace: float, pitch: float, tilt: float) -> np.ndarray:
    """Two tones in turn, ``pitch`` Hz and about a fourth above, ``pace`` changes a second; harmonic k has k**-tilt."""
    upper = (np.arange(samples) / rate * pace + rng.uniform(0, 2)) % 2 < 1
    smooth = np.exp(-1 / (0.004 * rate))  # 4 ms glide between the tones
    high = lfilter([1 - smooth], [1, -smooth], upper.astype(float), zi=[smooth * upper[0]])[0]
    phase = _oscillator(pitch * (1 + rng.uniform(0.28, 0.4) * high), rate)
    count = int(min(16, 0.45 * rate / (1.4 * pitch)))
    return sum(k**-tilt * np.sin(k * phase) for k in range(1, count + 1))


def bird(rng: Generator, rate: int, samples: int, pace: float, pitch: float, trill: float) -> np.ndarray:
    """High whistled chirps: each glides up or down around ``pitch`` Hz, ``trill`` is the depth of a 32 Hz warble."""
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace, jitter=0.15):
        length = int(rng.uniform(0.45, 0.75) / pace * rate)
        time = np.arange(length) / rate
        glide = rng.uniform(0.12, 0.3) * rng.choice((-1, 1)) * (np.arange(length) / length - 0.5)
        hertz = pitch * rng.uniform(0.92, 1.08) * (1 + glide + trill * np.sin(2 * np.pi * 32 * time))
        phase = _oscillator(hertz, rate)
        _add(out, np.hanning(length) * (np.sin(phase) + 0.08 * np.sin(2 * phase)), first)
    return out


def wind(rng: Generator, rate: int, samples: int, gust: float, centre: float, width: float) -> np.ndarray:
    """Noise around ``centre`` Hz, which wanders by half an octave each way; the gain falls by up to ``gust`` (0..1).

    Its amplitude is halved ``width`` octaves from the centre. White noise is shaped without phase shift for five
    centres, between which the wandering cross-fades.
    """
    size = next_fast_len(samples, real=True)
    white = np.fft.rfft(rng.standard_normal(size))
    octave = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / rate), 1.0) / centre)
    place = 4 * _wander(rng, rate, samples, 1.2)
    out = np.zeros(samples)
    for step, shift in enumerate(np.linspace(-0.5, 0.5, 5)):
        band = np.fft.irfft(white / (1 + ((octave - shift) / width) ** 2), size)[:samples]
        out += band / band.std() * np.maximum(0, 1 - np.abs(place - step))
    return out * (1 - gust * _wander(rng, rate, samples, 1.5))


def drum(rng: Generator, rate: int, samples: int, pace: float, pitch: float, ring: float) -> np.ndarray:
    """Kick-like beats: a sine that falls to ``pitch`` Hz and decays in ``ring`` s, with a short noisy attack."""
    envelope = _decay(rate, ring)
    time = np.arange(len(envelope)) / rate
    body = envelope * np.sin(_oscillator(pitch * (1 + 2.5 * np.exp(-time / 0.015)), rate))
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, pace):
        beater = _resonate(rng.standard_normal(len(body)), rate, 1200.0, 900.0) * np.exp(-time / 0.006)
        _add(out, rng.uniform(0.75, 1.0) * _faded(body + 0.1 * beater, rate, 0.002), first)
    return out


def crackle(rng: Generator, rate: int, samples: int, density: float, pitch: float) -> np.ndarray:
    """Irregular snaps, ``density`` a second on average, of random strength, each a resonance near ``pitch`` Hz."""
    out = np.zeros(samples)
    for first in _onsets(rng, rate, samples, density, jitter=0.9):
        hertz = min(pitch * 2 ** rng.uniform(-0.6, 0.6), 0.45 * rate)
        envelope = _decay(rate, rng.uniform(0.0015, 0.005))
        snap = envelope * np.sin(2 * np.pi * hertz * np.arange(len(envelope)) / rate)
        snap += 0.3 * envelope**2 * rng.standard_normal(len(envelope))
        _add(out, rng.uniform(0.15, 1.0) ** 1.5 * snap, first)
    return out
