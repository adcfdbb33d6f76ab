"""Time and memory of codec and acoustic decoder on the CPU, at paper size with random weights: 10 s of sound.

    PYTHONPATH=. python tools/bench/codec.py [--threads 2] [CASE ...]

Coding: one warm-up, then the median of 5. Generation: once for each number of frames (50 a second), without the reading
of the 512 features, which is told beside it. CPU time counts where other jobs run beside.
"""

import time
from pathlib import Path

import cases

CONF = Path(__file__).parents[2] / "conf" / "part"
CACHED, UNCACHED = (25, 50, 100, 250, 500), (5, 10, 20)  # frames


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


def generation(cached: bool, lengths: tuple[int, ...]) -> None:
    """Prints; one process holds the network for all lengths."""
    import torch

    from lass.codecs.acoustic_decoder import AcousticDecoder
    from lass.layers.audiomae import AudioMae

    made = AcousticDecoder(AudioMae(), codec(), **{k: v for k, v in spec("acoustic_decoder").items() if k in SIZES})
    made.eval()
    features = torch.randn(1, made.patches, made.audio.width)

    def seconds(frames: int) -> tuple[float, float]:
        begin, begun = time.perf_counter(), time.process_time()
        made.generate(features, frames, cached=cached)
        return time.perf_counter() - begin, time.process_time() - begun

    seconds(1)
    first = seconds(1)
    print(f"{'cached' if cached else 'not cached'}: features and one frame: {first[0]:.2f} s, {first[1]:.2f} s of CPU")
    for frames in lengths:
        wall, cpu = (now - before for now, before in zip(seconds(frames), first))
        share = f"{cpu / (frames - 1):.3f} a frame, {cpu / (frames / 50):.1f} a second of sound"
        print(f"{frames:5} frames: {wall:8.2f} s, {cpu:8.2f} s of CPU: {share}", flush=True)


SIZES = ("width", "layers", "heads", "dropout")
CASES = {
    "encode_10s": lambda: coding("encode"),
    "decode_10s": lambda: coding("decode"),
    "generate_cached": lambda: generation(True, CACHED),
    "generate_uncached": lambda: generation(False, UNCACHED),
}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
