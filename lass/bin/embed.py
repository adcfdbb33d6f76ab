"""Prepare the query encoder: cache the embeddings of a frozen one, learn the tokenizer of one that trains along.

A frozen one embeds the texts, unless the separator reads their tokens, the clips that are asked for by their whole
sound, and one frame a second of the videos (video.scp) of sets that are asked by image. One whose texts are names of
classes hears example clips of them; one with PCA learns the components of the texts.

Several jobs can embed clips and videos: --begin N tells how many of N have something to do, --job J makes the share of
one of them, and the command without either then finishes.
"""

import argparse
import contextlib
import sys

from lass.io import stamp
from lass.train.arguments import add_arguments, read_config
from lass.train.experiment import manifests
from lass.train.share import Share, count_files


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass embed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    parser.add_argument("--begin", type=int, metavar="N", help="prepare the encoder for N jobs, print their number")
    parser.add_argument("--job", type=int, metavar="J", help="embed the share of this job (1, 2, ..)")
    parser.add_argument("--num_jobs", type=int, default=1, metavar="N")
    args = parser.parse_args(argv)

    config = read_config(args)
    inputs = manifests(config, args.data_root, ("captions", "utt2labels"), "queries")
    options = {name: config.get(name) for name in ("encoder", "query", "init")} | {"sets": config["data"]["sets"]}
    folder = args.exp / "embed"
    done = folder / ".done"
    count = 0 if args.begin is None else min(args.begin, count_files(config, args.data_root))
    if args.begin is not None and count <= 1:
        print(0)
        return
    if stamp.is_complete(done, options, inputs):
        print(f"{folder}: complete, nothing to do")
        return

    from lass.train.embedding import Embedding

    with contextlib.redirect_stdout(sys.stderr if count else sys.stdout):  # a shell reads the number
        embedding = Embedding(config, folder, args.data_root)
    if count:
        print(0 if embedding.has_files() else count)
    elif args.job is not None:
        print(embedding.embed_share(Share(args.job, args.num_jobs)))
    else:
        embedding.run()
        if not embedding.encoder.frozen:  # a cache knows itself what it lacks
            stamp.write(done, options, inputs)


if __name__ == "__main__":
    main()
