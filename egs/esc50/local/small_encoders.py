"""A small CLAP or CLIP for the models audiosep_clap_small and audiosep_clip_small: small_encoders.py DATA clap | clip.

It learns from the training folds alone, and is saved as transformers saves the large ones, in DATA/encoders. ESC-50 has
no pictures: for CLIP each clip gets a video of its mel spectrogram, one picture a second (DATA/videos, video.scp).
"""

import argparse
import random
import shutil
import string
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av
import numpy as np
import torch
import torchaudio
from torch import Tensor
from tqdm import trange
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTokenizer,
    PreTrainedModel,
    RobertaTokenizer,
)

from lass.config import read_yaml
from lass.data.asking import QueryRule
from lass.data.datadir import DataDir
from lass.io import audio, stamp, video
from lass.io.files import atomic_folder, atomic_path
from lass.io.table import write_table
from lass.queries.clap import Clap
from lass.queries.clip import Clip
from lass.queries.encoder import QueryEncoder

STEPS, RATE = 1000, 1e-3
SECONDS, CROPS = 2, 6  # what CLAP hears at once, as long as the segments of the training; crops of each clip
SIDE = 64  # pixels
LOUDNESS = (-8.0, 2.0)  # log10 of the power of a mel band that is black and white
BLOCK = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
LETTERS = list(string.ascii_lowercase)  # texts are spelt
DIM = 512  # of embeddings, as those of CLIP ViT-B/32 and LAION-CLAP
LONGEST = 77  # tokens

Take = tuple[str, dict[str, Tensor]]  # a clip, and a part of it as the model wants it


def numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}


def small_clap() -> tuple[ClapModel, RobertaTokenizer, ClapFeatureExtractor]:
    tokenizer = RobertaTokenizer(vocab=numbered(["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *LETTERS]), merges=[])
    extractor = ClapFeatureExtractor(feature_size=32, hop_length=768, max_length_s=SECONDS, truncation="rand_trunc")
    text = {"vocab_size": len(tokenizer), "max_position_embeddings": LONGEST + 2, "projection_dim": DIM, **BLOCK}
    hearing = {"spec_size": 64, "num_mel_bins": 32, "window_size": 4, "patch_embeds_hidden_size": 32, "hidden_size": 64,
               "depths": [1, 1], "num_attention_heads": [2, 4], "num_hidden_layers": 2, "projection_dim": DIM}
    return ClapModel(ClapConfig(text_config=text, audio_config=hearing, projection_dim=DIM)), tokenizer, extractor


def clap_takes(data: DataDir, extractor: ClapFeatureExtractor) -> Iterator[Take]:
    rate = extractor.sampling_rate
    for utt, path in data.wav:
        wave, length = at_rate(path, rate), round(SECONDS * rate)
        for start in np.linspace(0, max(0, len(wave) - length), CROPS).astype(int):
            features = extractor(wave[start : start + length], sampling_rate=rate, return_tensors="pt")
            yield utt, {"input_features": features["input_features"], "is_longer": torch.zeros(1, 1).bool()}


def small_clip() -> tuple[CLIPModel, CLIPTokenizer, CLIPImageProcessorPil]:
    pieces = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    ends = {"bos_token_id": len(pieces) - 2, "eos_token_id": len(pieces) - 1, "pad_token_id": len(pieces) - 1}
    text = {"vocab_size": len(pieces), "max_position_embeddings": LONGEST, "projection_dim": DIM, **ends, **BLOCK}
    seeing = {"image_size": SIDE, "patch_size": 8, "projection_dim": DIM, **BLOCK}
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=seeing, projection_dim=DIM))
    return model, CLIPTokenizer(vocab=numbered(pieces), merges=[]), processor


def clip_takes(data: DataDir, processor: CLIPImageProcessorPil) -> Iterator[Take]:
    for utt, path in data.video:
        for picture in video.each_second(video.Segment.parse(path)):
            yield utt, {"pixel_values": processor(picture, return_tensors="pt")["pixel_values"]}


KINDS = {"clap": (Clap, small_clap, clap_takes), "clip": (Clip, small_clip, clip_takes)}


def at_rate(path: str, rate: int) -> np.ndarray:
    wave, own = audio.read(path)
    return audio.resample(wave[0], own, rate)


def write_videos(data: DataDir, folder: Path) -> None:
    """A video of each clip: the mel spectrogram of its first second is shown for a second, then that of the next."""
    for utt, path in data.wav:
        wave, rate = audio.read(path)
        mel = torchaudio.transforms.MelSpectrogram(rate, 2048, hop_length=rate // SIDE, n_mels=SIDE, f_min=50.0)
        power = mel(torch.from_numpy(wave[0])).clamp_min(1e-10).log10().flip(0).numpy()  # [mel, time]
        grey = np.clip((power - LOUDNESS[0]) / (LOUDNESS[1] - LOUDNESS[0]), 0, 1) * 255
        with atomic_path(folder / f"{utt}.mp4") as temporary, av.open(str(temporary), "w") as container:
            stream = container.add_stream("mpeg4", rate=1)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = SIDE, SIDE, "yuv420p", 100_000
            for second in range(grey.shape[1] // SIDE):
                picture = grey[:, second * SIDE : (second + 1) * SIDE].astype(np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="gray")))
            container.mux(stream.encode())
    write_table(data.folder / "video.scp", [(utt, str(folder / f"{utt}.mp4")) for utt, _ in data.wav])


def contrast(model: PreTrainedModel, tokenise: Callable, takes: Iterable[Take], texts: dict[str, list[str]],
             label_of: dict[str, str]) -> None:
    """Train: each step draws a part of a clip of each class and one of its texts; others of the batch do not fit it."""
    rng = random.Random(0)
    by_class: dict[str, list[Take]] = {}
    for take in takes:
        by_class.setdefault(label_of[take[0]], []).append(take)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS)
    progress = trange(STEPS, desc=type(model).__name__)
    for _ in progress:
        batch = [rng.choice(found) for found in by_class.values()]
        tokens = tokenise([rng.choice(texts[utt]) for utt, _ in batch])
        parts = {name: torch.cat([take[name] for _, take in batch]) for name in batch[0][1]}
        loss = model(**tokens, **parts, return_loss=True).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress.set_postfix(loss=f"{loss.item():.2f}", refresh=False)


def accuracy(encoder: QueryEncoder, data: DataDir) -> float:
    """Part of the clips that are nearer to the name of their class than to that of another."""
    names = list(data.labels)
    texts, right = encoder.encode_text(list(data.labels.values())).embedding, 0
    for utt, path in data.wav:
        if "audio" in encoder.modalities:
            query = encoder.encode_audio(torch.from_numpy(at_rate(path, encoder.sample_rate))[None])
        else:
            pictures = video.each_second(video.Segment.parse(data.video[utt]))
            query = encoder.encode_image(torch.from_numpy(np.stack(list(pictures))))
        right += names[int((texts @ query.embedding.mean(0)).argmax())] == data.labels_of(utt)[0]
    return right / len(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="data folder of the recipe, behind stage 3")
    parser.add_argument("kind", choices=KINDS)
    args = parser.parse_args()
    out = args.data / "encoders" / args.kind
    sets = {name: args.data / name for name in ("train", "valid")}
    inputs = [*(folder / table for folder in sets.values() for table in ("wav.scp", "captions")), Path(__file__)]
    videos = [folder / "video.scp" for folder in sets.values()] if args.kind == "clip" else []
    if stamp.is_complete(out.with_suffix(".done"), {}, inputs, [out, *videos]):
        print(f"{out}: complete, nothing to do")
        return
    torch.manual_seed(0)
    for table in videos:
        write_videos(DataDir(table.parent), args.data / "videos")
    data = DataDir(sets["train"])
    rule = QueryRule(**read_yaml("conf/train.yaml")["query"])
    texts = {utt: rule.texts(data, utt) + data.captions_of(utt) for utt, _ in data.wav}
    cls, make, takes = KINDS[args.kind]
    model, tokenizer, processor = make()
    cut = {"padding": True, "truncation": True, "max_length": LONGEST, "return_tensors": "pt"}
    contrast(model.train(), lambda found: tokenizer(found, return_token_type_ids=False, **cut), takes(data, processor),
             texts, {utt: data.labels_of(utt)[0] for utt, _ in data.wav})
    shutil.rmtree(out, ignore_errors=True)
    with atomic_folder(out) as folder:
        for part in (model, tokenizer, processor):
            part.save_pretrained(folder)
    found = accuracy(cls(str(out)), DataDir(sets["valid"]))
    print(f"{out}: {sum(p.numel() for p in model.parameters()):,} weights; of the clips of the validation fold "
          f"{found:.0%} are nearest to the name of their class (by chance {1 / len(data.labels):.0%})")
    stamp.write(out.with_suffix(".done"), {}, inputs)


if __name__ == "__main__":
    main()
