"""Time of each stage of HSM-TSS for a clip of 10 s at the published sizes, with random weights, on a CPU.

    PYTHONPATH=. python tools/bench/hsm_tss.py [--threads 2] [--runs 3] [STAGE ...]

All in one process; one warm-up, then the median of the wall times and that of the CPU times, which count with
--threads 1 where other jobs run beside; what takes more than 10 s runs once. Then the share of each stage in the CPU
time of all, their real-time factor, and the peak resident memory. A STAGE is told by a part of its name.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import q_audio  # beside this file

CONF = Path(__file__).parents[2] / "conf"
LONG = 10.0  # s: not run twice


def build():
    """The separator of conf/model/hsm_tss.yaml."""
    import torch

    from lass.codecs.acoustic_decoder import AcousticDecoder
    from lass.codecs.tf_codec import TFCodec
    from lass.config import read_yaml
    from lass.queries.q_audio import QAudio
    from lass.separators.hsm_tss import HsmTss

    def sizes(path: str, part: str, *left: str) -> dict:
        return {key: value for key, value in read_yaml(CONF / path)[part].items() if key not in ("class", *left)}

    torch.manual_seed(0)
    encoder = QAudio("random", normalised=False)
    encoder.__dict__["_loaded"] = q_audio.build(reads=True).eval()
    codec = TFCodec(**sizes("part/tf_codec.yaml", "part"))
    decoder = AcousticDecoder(encoder.audio, codec, **sizes("part/acoustic_decoder.yaml", "part", "audio", "codec"))
    return HsmTss(encoder, decoder=decoder.eval(), **sizes("model/hsm_tss.yaml", "separator", "decoder")).eval()


def stages(separator) -> dict[str, tuple[Callable[[], object], int]]:
    """Name of a stage -> what it does, its number of weights."""
    import torch

    encoder, audio, decoder = (separator.frozen[name] for name in ("encoder", "audio", "decoder"))
    wave, part = 0.1 * torch.randn(1, separator.samples), encoder._loaded
    query, patches = encoder.encode_text([q_audio.CAPTION]), audio.features(wave)
    text, feature = separator.read(query), encoder.embed_patches(patches)
    tokens = torch.randint(decoder.codec.codebook_size, (1, decoder.frames, decoder.codec.groups))
    read = [*part.text.backbone.parameters(), *part.network.parameters()]
    cases = {
        "text: T5 and Q-Audio": (lambda: encoder.encode_text([q_audio.CAPTION]), read),
        "AudioMAE": (lambda: audio.features(wave), audio.parameters()),
        "global feature: Q-Audio": (lambda: encoder.embed_patches(patches), part.network.parameters()),
        "global separation": (lambda: separator.global_stage(feature, text), separator.global_stage.parameters()),
        "local separation": (lambda: separator.local_stage(patches, text, feature), separator.local_stage.parameters()),
        f"acoustic decoder, {decoder.frames} steps": (
            lambda: decoder.generate(patches, decoder.frames), decoder.transformer.parameters()
        ),
        "codec, decoding": (lambda: decoder.codec.decode(tokens), decoder.codec.parameters()),
        "all": (lambda: separator(wave[None], query), ()),
    }  # fmt: skip
    return {name: (run, sum(p.numel() for p in weights)) for name, (run, weights) in cases.items()}


def measure(run: Callable[[], object], runs: int) -> tuple[float, float]:
    """Wall and CPU time, s."""
    times = []
    while len(times) <= runs and not (times and times[0][0] > LONG):
        begin, begun = time.perf_counter(), time.process_time()
        run()
        times.append((time.perf_counter() - begin, time.process_time() - begun))
    wall, cpu = zip(*(times[1:] or times))
    return statistics.median(wall), statistics.median(cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()

    import torch

    torch.set_num_threads(args.threads)
    taken = {}
    with torch.inference_mode():
        separator = build()
        for name, (run, weights) in stages(separator).items():
            if args.stages and not any(stage in name for stage in args.stages):
                continue
            wall, taken[name] = measure(run, args.runs)
            print(f"{name}: {wall:.3f} s, {taken[name]:.3f} s CPU, {weights / 1e6:.1f} M weights", flush=True)
    if whole := taken.pop("all", None):
        for name, cpu in taken.items():
            print(f"{name}: {cpu / whole:.1%} of all")
        print(f"all: {whole / separator.window:.2f} s of CPU a second of sound")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
