"""Time and memory of codec and acoustic decoder on the CPU, at paper size with random weights: 10 s of sound.

    PYTHONPATH=. python tools/bench/codec.py [--threads 2] [CASE ...]

Coding: one warm-up, then the median of 5. Generation: once, timed at several frames; without the cache of 0.4 s, as each
frame reads all anew. CPU time counts where other jobs run beside.
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


def generation(cached: bool, frames: int) -> None:
    """Prints the time from the first frame to each of ``AT``."""
    import torch

    from lass.codecs.acoustic_decoder import AcousticDecoder
    from lass.layers.audiomae import AudioMae

    made = AcousticDecoder(AudioMae(), codec(), **{k: v for k, v in spec("acoustic_decoder").items() if k in SIZES})
    made.eval()
    marks = [(time.perf_counter(), time.process_time())]  # the start, then each time the network has read

    def note(*_: object) -> None:
        marks.append((time.perf_counter(), time.process_time()))
        if (number := len(marks) - 2) in (0, *AT):
            since = marks[1] if number else marks[0]
            wall, cpu = (now - before for now, before in zip(marks[-1], since))
            what = f"{number} frames more" if number else "features and first frame"
            print(f"{'cached' if cached else 'not cached'}: {what}: {wall:.2f} s, {cpu:.2f} s of CPU", flush=True)

    made.transformer.register_forward_hook(note)
    made.generate(torch.randn(1, made.patches, made.audio.width), frames, cached=cached)


SIZES = ("width", "layers", "heads", "dropout")
CASES = {
    "encode_10s": lambda: coding("encode"),
    "decode_10s": lambda: coding("decode"),
    "generate_cached": lambda: generation(True, 500),
    "generate_uncached": lambda: generation(False, 21),
}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
