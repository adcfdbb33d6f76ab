"""Time and memory of Q-Audio on the CPU at the published size (conf/part/q_audio.yaml), with random weights.

    PYTHONPATH=. python tools/bench/q_audio.py [--threads 2] [CASE ...]

Each case runs in a process of its own: one warm-up, then the median of 5; peak resident memory of the process. CPU time
counts where other jobs run beside. ``hear_10s`` is AudioMAE and Q-Former, ``hear_patches`` the latter alone; T5 has the
size of FLAN-T5-base, and is loaded in ``read`` and ``step`` alone.
"""

import string
import tempfile
from pathlib import Path

import cases

CONF = Path(__file__).parents[2] / "conf" / "part"
CAPTION = "a dog barks twice while rain falls on a tin roof in the distance"  # 64 letters, each a token here


def build(reads: bool):
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
        pieces += [f"<unused_{n}>" for n in range(32000 - len(pieces))]
        T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=100).save_pretrained(folder)
        base = T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_heads=12,
                        feed_forward_proj="gated-gelu")
        (T5EncoderModel(base) if reads else base).save_pretrained(folder)
        part = QAudioPart(AudioMae().eval().requires_grad_(False), folder, **sizes).eval()
        if reads:
            part.text.encode_text(["loads the weights"])
    return part


def hear():
    import torch

    part, wave = build(reads=False), 0.1 * torch.randn(1, 160_000)
    return torch.inference_mode()(lambda: part.network.embed_audio(part.audio.features(wave)))


def hear_patches():
    import torch

    part, patches = build(reads=False), torch.randn(1, 512, 768)
    return torch.inference_mode()(lambda: part.network.embed_audio(patches))


def read():
    import torch

    part = build(reads=True)

    def run() -> None:
        asked = part.text.encode_text([CAPTION])
        part.network.embed_text(asked.tokens, asked.mask)

    return torch.inference_mode()(run)


def step(clips: int):
    """Forward and backward of a training step, without optimiser."""
    import torch

    part, texts = build(reads=True).train(), [f"{CAPTION} {'again ' * n}" for n in range(clips)]
    batch = {"utt": texts, "wave": 0.1 * torch.randn(clips, 160_000), "captions": [[text] for text in texts],
             "labels": [[] for _ in texts]}

    def run() -> None:
        part.training_loss(batch)["loss"].backward()
        part.zero_grad()

    return run


CASES = {"hear_10s": hear, "hear_patches": hear_patches, "read": read, "step_8x10s": lambda: step(8)}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
