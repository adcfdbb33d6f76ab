"""Time and memory of Q-Audio on a CPU at the published size (conf/part/q_audio.yaml), with random weights.

    PYTHONPATH=. python tools/bench/q_audio.py [--threads 2] [CASE ...]

Each case runs in a process of its own: one warm-up, then the median of 5 and that of the CPU time, which counts with
--threads 1 where other jobs run beside; peak resident memory of the process, and what of it is there without the case
(the weights of AudioMAE, T5 and Q-Former, the libraries).
"""

import argparse
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CONF = Path(__file__).parents[2] / "conf" / "part"
RUNS, SECONDS = 5, 10
CAPTION = "a dog barks twice while rain falls on a tin roof in the distance"


def build():
    """The part; its T5 has the size of FLAN-T5-base and a tokenizer of letters."""
    import torch
    from transformers import T5Config, T5EncoderModel, T5Tokenizer

    from lass.config import read_yaml
    from lass.layers.audiomae import AudioMae
    from lass.queries.q_audio import QAudioPart

    spec = read_yaml(CONF / "q_audio.yaml")["part"]
    sizes = {key: value for key, value in spec.items() if key not in ("class", "audio", "text")}
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        pieces = ["<pad>", "</s>", "<unk>", "▁", *string.ascii_lowercase]
        filled = [*pieces, *(f"<unused_{n}>" for n in range(32000 - len(pieces)))]
        T5Tokenizer(vocab=[(piece, -1.0) for piece in filled], extra_ids=100).save_pretrained(folder)
        base = T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_heads=12,
                        feed_forward_proj="gated-gelu")
        T5EncoderModel(base).save_pretrained(folder)
        part = QAudioPart(AudioMae().eval().requires_grad_(False), folder, **sizes)
        part.text.backbone, part.text.tokenise(["load"])
    return part


def hear(part) -> Callable[[], object]:
    import torch

    wave = 0.1 * torch.randn(1, SECONDS * part.sample_rate)
    return torch.inference_mode()(lambda: part.network.embed_audio(part.audio.features(wave)))


def hear_patches(part) -> Callable[[], object]:
    import torch

    patches = torch.randn(1, 512, 768)
    return torch.inference_mode()(lambda: part.network.embed_audio(patches))


def read(part) -> Callable[[], object]:
    import torch

    def run() -> None:
        asked = part.text.encode_text([CAPTION])
        part.network.embed_text(asked.tokens, asked.mask)

    return torch.inference_mode()(run)


def step(part) -> Callable[[], object]:
    import torch

    texts = [f"{CAPTION} {'again ' * n}" for n in range(8)]
    batch = {"utt": texts, "wave": 0.1 * torch.randn(8, SECONDS * part.sample_rate), "captions": [[text] for text in texts],
             "labels": [[]] * 8}
    part.train()

    def run() -> None:
        part.training_loss(batch)["loss"].backward()
        part.zero_grad()

    return run


CASES: dict[str, tuple[str, Callable]] = {
    "hear": ("10 s to the global feature", hear),
    "hear_patches": ("of it, the Q-Former alone, on 512 patches", hear_patches),
    "read": ("a caption of 64 letters, each a token", read),
    "step": ("training step of 8 clips of 10 s, without optimiser", step),
}


def measure(case: str, threads: int) -> None:
    """One case, in this process."""
    import torch

    torch.set_num_threads(threads)
    part = build()
    run = CASES[case][1](part.eval())
    before, times, used = peak(), [], []
    for _ in range(RUNS + 1):
        begin, begun = time.perf_counter(), time.process_time()
        run()
        times.append(time.perf_counter() - begin)
        used.append(time.process_time() - begun)
    median, cpu = (statistics.median(found[1:]) for found in (times, used))
    spread = f"({min(times[1:]):.3f} to {max(times[1:]):.3f})"
    print(f"{CASES[case][0]:52} {median:7.3f} s {spread} {cpu:7.3f} s of CPU {peak():6.0f} MB, {before:.0f} before",
          flush=True)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; default: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for case in args.cases or CASES:
        if args.here:
            measure(case, args.threads)
        else:
            subprocess.run([sys.executable, __file__, "--here", "--threads", str(args.threads), case], check=True)


if __name__ == "__main__":
    main()
