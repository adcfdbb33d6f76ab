"""List anchor segments of the evaluation clips: local/anchors.py --root DIR --tagger Cnn14_mAP=0.431.pth OUT.tsv

Each class gets ten clips (AudioSep, Sec. IV-B1), the first of the list that are there. A line is
"<video> <label> <start> <posterior>", start in s of the clip. Run again, it goes on where it stopped.
"""

import argparse
import importlib.util
from collections import Counter
from pathlib import Path

import torch
from tqdm import tqdm

from lass.data.anchor_list import read_anchors
from lass.data.anchors import find_anchors
from lass.errors import LassError
from lass.io import audio
from lass.io.checkpoint import read_weights
from lass.layers.cnn14 import Cnn14

_spec = importlib.util.spec_from_file_location("egs_audioset_data", Path(__file__).with_name("data.py"))
data = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(data)

CLIPS = 10  # of a class


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT.tsv")
    parser.add_argument("--root", type=Path, required=True, help="the corpus, or downloads")
    parser.add_argument("--tagger", type=Path, required=True, help="CNN14 of PANNs (Zenodo record 3987831)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args(argv)
    write_anchors(args.root, Cnn14.of(read_weights(args.tagger), str(args.tagger)).to(args.device), args.out)


def write_anchors(root: Path, tagger: Cnn14, out: Path) -> None:
    """Append what ``out`` lacks."""
    numbers = data.class_numbers(root)
    if max(numbers.values()) >= len(tagger.fc_audioset.bias):
        raise LassError(f"the tagger knows {len(tagger.fc_audioset.bias)} classes, not {len(numbers)}: "
                        "give CNN14 of PANNs")  # fmt: skip
    lines = read_anchors(out) if out.exists() else []
    found, done = Counter(line.label for line in lines), {(line.video, line.label) for line in lines}
    device = tagger.fc_audioset.bias.device
    bar = tqdm(total=CLIPS * len(numbers), initial=len(lines), unit="anchor")
    with bar, open(out, "a", encoding="utf-8") as f:
        for path, segment in data.evaluation_clips(root):
            wanted = [x for x in segment.labels if found[x] < CLIPS and (segment.video, x) not in done]
            if not wanted:
                continue
            wave, rate = audio.read_whole(path)
            mono = torch.from_numpy(audio.resample(wave.mean(axis=0), rate, tagger.sample_rate)).to(device)
            anchors = find_anchors(tagger, mono, [numbers[label] for label in wanted])
            for label, (start, posterior) in zip(wanted, anchors):
                f.write(f"{segment.video} {label} {start:.2f} {posterior:.4f}\n")
            f.flush()
            found.update(wanted)
            bar.update(len(wanted))


if __name__ == "__main__":
    main()
