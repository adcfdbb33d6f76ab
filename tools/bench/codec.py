"""Time and memory of codec and acoustic decoder on the CPU, at paper size with random weights: 10 s of sound.

    PYTHONPATH=. python tools/bench/codec.py [--threads 2] [CASE ...]

Coding: one warm-up, then the median of 5. Generation: once, timed at several frames. Without the cache each frame reads
all anew: what one takes behind several numbers of frames is timed, and what all 500 take follows from these. CPU time
counts where other jobs run beside.
"""

import time
from pathlib import Path

import cases

CONF = Path(__file__).parents[2] / "conf" / "part"
AT = (5, 10, 20, 50, 100, 250, 499)  # frames, 50 a second


def spec(name: str) -> dict:
    from lass.config import read_yaml

    return {key: value for key, value in read_yaml(CONF / f"{name}.yaml")["part"].items() if key != "class"}


def codec():
    import torch

    from lass.codecs.tf_codec import TFCodec

    torch.manual_seed(0)
    return TFCodec(**spec("tf_codec")).eval()


def coding(what: str):
    import torch

    made, wave = codec(), 0.1 * torch.randn(1, 160000)
    tokens = torch.randint(made.codebook_size, (1, 500, made.groups))
    return torch.inference_mode()(lambda: made.encode(wave) if what == "encode" else made.decode(tokens))


def decoder():
    import torch

    from lass.codecs.acoustic_decoder import AcousticDecoder
    from lass.layers.audiomae import AudioMae

    sizes = {key: value for key, value in spec("acoustic_decoder").items() if key in SIZES}
    made = AcousticDecoder(AudioMae(), codec(), **sizes).eval()
    return made, torch.randn(1, made.patches, made.audio.width)


def cached() -> None:
    """Prints the time from the first frame to each of ``AT``."""
    made, features = decoder()
    marks = [(time.perf_counter(), time.process_time())]  # the start, then each time the network has read

    def note(*_: object) -> None:
        marks.append((time.perf_counter(), time.process_time()))
        if (number := len(marks) - 2) in (0, *AT):
            since = marks[1] if number else marks[0]
            wall, cpu = (now - before for now, before in zip(marks[-1], since))
            what = f"{number} frames more" if number else "features and first frame"
            print(f"cached: {what}: {wall:.2f} s, {cpu:.2f} s of CPU", flush=True)

    made.transformer.register_forward_hook(note)
    made.generate(features, made.frames)


def uncached() -> None:
    """Prints the CPU time of one frame behind each of ``AT``, and what all take where those between lie on lines."""
    import numpy as np
    import torch

    made, features = decoder()
    made.generate(features, 1)  # warm-up
    taken = []
    for frames in (0, *AT):
        tokens = torch.randint(made.codec.codebook_size, (1, frames, made.codec.groups))
        begun = time.process_time()
        with torch.inference_mode():  # as generate reads it: the features, the start, the frames before
            heard = torch.cat([made._prefix(features), made._embed(tokens)], dim=1)
            hidden, _ = made._step(heard, made._mask(features, None), first=0, past=None)
            made._logits(hidden[:, -1:])
        taken.append(time.process_time() - begun)
        print(f"not cached: a frame behind {frames}: {taken[-1]:.2f} s of CPU", flush=True)
    frames = np.arange(made.frames)
    print(f"not cached: {made.frames} frames: {np.interp(frames, (0, *AT), taken).sum():.0f} s of CPU, by these")


SIZES = ("width", "layers", "heads", "dropout")
CASES = {
    "encode_10s": lambda: coding("encode"),
    "decode_10s": lambda: coding("decode"),
    "generate_cached": cached,
    "generate_uncached": uncached,
}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
