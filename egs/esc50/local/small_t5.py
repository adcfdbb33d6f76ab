"""A small T5 encoder for the part q_audio_small, in DATA/encoders/t5: small_t5.py DATA.

Its pieces are learnt from the captions of the training folds. Its weights are random and stay so: it tells words apart
and knows nothing of what they mean, so that Q-Audio learns each text of the training and no other.
"""

import argparse
import shutil
import string
from pathlib import Path

import torch
from transformers import T5Config, T5EncoderModel, T5Tokenizer

from lass.data.datadir import DataDir
from lass.io.files import atomic_folder

PIECES = 300
SIZES = {"d_model": 128, "d_kv": 32, "d_ff": 256, "num_layers": 2, "num_heads": 4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="data folder of the recipe, behind stage 3")
    args = parser.parse_args()
    texts = sorted({caption for _, caption in DataDir(args.data / "train").captions})
    pieces = ["<pad>", "</s>", "<unk>", "▁", *string.ascii_letters, *string.digits, *string.punctuation]
    spelling = T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=0)
    tokenizer = spelling.train_new_from_iterator(texts, PIECES, initial_alphabet=pieces[3:])
    torch.manual_seed(0)
    model = T5EncoderModel(T5Config(vocab_size=len(tokenizer), **SIZES))
    out = args.data / "encoders" / "t5"
    shutil.rmtree(out, ignore_errors=True)
    with atomic_folder(out) as folder:
        for part in (model, tokenizer):
            part.save_pretrained(folder)
    print(f"{out}: {len(tokenizer)} pieces of {len(texts)} texts, "
          f"{sum(p.numel() for p in model.parameters()):,} random weights")


if __name__ == "__main__":
    main()
