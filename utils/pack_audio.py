#!/usr/bin/env python3
"""Pack the audio of a formatted set into few files: utils/pack_audio.py data/train data/packed/train --store data/ark

Clips are copied byte by byte into archives STORE/<n>.ark, which kaldiio, ESPnet (flac.ark) and the loaders here read.
OUT is the same set with a wav.scp that points into them. An interrupted run goes on with the archives that are not
there yet; OUT appears when all are.
"""

import argparse
from pathlib import Path

from lass.data.pack import pack
from lass.errors import LassError, run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="data directory after stage 3")
    parser.add_argument("out", type=Path, help="the new one")
    parser.add_argument("--store", type=Path, required=True, help="folder of the archives of this set alone")
    parser.add_argument("--clips", type=int, default=1000, metavar="N", help="clips an archive (default: %(default)s)")
    args = parser.parse_args(argv)
    if args.clips < 1:
        raise LassError(f"--clips {args.clips}: expected at least 1")
    print(pack(args.set, args.out, args.store, args.clips))


if __name__ == "__main__":
    run(main, "pack_audio.py")
