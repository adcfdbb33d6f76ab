"""Prepare the query encoder: cache the embeddings of a frozen one, learn the tokenizer of one that trains along.

A frozen one embeds the texts, unless the separator reads their tokens, the clips that are asked for by their whole
sound, and one frame a second of the videos (video.scp) of sets that are asked by image. One whose texts are names of
classes hears example clips of them; one with PCA learns the components of the texts.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lass.io import stamp
from lass.train.arguments import add_arguments, read_config
from lass.train.experiment import manifests

if TYPE_CHECKING:
    from lass.queries.encoder import QueryEncoder


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass embed", description=__doc__)
    add_arguments(parser)
    args = parser.parse_args(argv)

    config = read_config(args)
    inputs = manifests(config, args.data_root, ("captions", "utt2labels"), "queries")
    options = {name: config.get(name) for name in ("encoder", "query", "init")} | {"sets": config["data"]["sets"]}
    done = args.exp / "embed" / ".done"
    if stamp.is_complete(done, options, inputs):
        print(f"{args.exp / 'embed'}: complete, nothing to do")
        return

    import torch

    from lass.data.datadir import DataDir
    from lass.data.rendered import read_questions
    from lass.queries import clips
    from lass.queries.cache import TextEmbeddingCache
    from lass.queries.clips import ClipEmbeddingCache
    from lass.queries.frames import FOLDER
    from lass.queries.pca import PcaClap
    from lass.queries.store import cache_name
    from lass.train.classes import learn_classes
    from lass.train.components import learn_components
    from lass.train.frames import embed_frames
    from lass.train.initial import starting_tokenizer
    from lass.train.system import build_manipulation, build_model, check, rules, training_set

    check(config)
    encoder, separator = build_model(config)
    encoder.to("cuda" if torch.cuda.is_available() else "cpu")
    folders = [args.data_root / str(entry.get("dir")) for entry in config["data"]["sets"]]
    if encoder.examples:
        learn_classes(encoder, list(map(DataDir, folders)), config, args.exp / "embed")
    if isinstance(encoder, PcaClap):
        learn_components(encoder, list(map(DataDir, folders)), rules(config), config, args.exp / "embed")
    cache = args.data_root / "embed" / cache_name(encoder) if encoder.frozen else None
    for folder, rule in zip(folders, rules(config)):
        if "image" in rule.modalities:
            print(embed_frames(encoder, DataDir(folder), cache / FOLDER))
    mixtures = training_set(config, args.data_root, separator)
    texts = sorted(set(mixtures.texts()))
    if separator.reads_tokens:
        print(f"{args.exp}: texts are read when they are asked, nothing to embed")
    elif encoder.frozen:
        if not build_manipulation(config).hears:
            ClipEmbeddingCache(cache / clips.FOLDER).add(encoder, mixtures.whole_clips())
        texts += [question.text for question in read_questions(args.data_root / config["data"]["valid"])]
        TextEmbeddingCache(cache).add(encoder, texts)
        print(f"{cache}: embeddings of {len(set(texts))} distinct texts")
    else:
        _save_tokenizer(encoder, texts, starting_tokenizer(config), args.exp / "embed")
        stamp.write(done, options, inputs)  # a cache knows itself what it lacks


def _save_tokenizer(encoder: "QueryEncoder", texts: list[str], start: Path | None, folder: Path) -> None:
    """That of the model to start from, else one that is learnt from the texts."""
    if start:
        encoder.load_assets(start)
    else:
        encoder.fit(texts)
    folder.mkdir(parents=True, exist_ok=True)
    encoder.save_assets(folder)
    print(f"{folder}: tokenizer {f'that of {start}' if start else f'of {len(texts)} distinct texts'}")


if __name__ == "__main__":
    main()
