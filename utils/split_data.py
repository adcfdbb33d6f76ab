#!/usr/bin/env python3
"""Split a data directory at random: utils/split_data.py SET OUT train=0.9 valid=0.1 --by origin

The new sets are OUT/train and OUT/valid, or with --parts N OUT/part1 to OUT/partN, of about the same size.
"""

import argparse
from pathlib import Path

from lass.data.choose import split
from lass.data.datadir import UTT_ID
from lass.data.derive import Part, write_sets
from lass.errors import LassError, run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="data directory")
    parser.add_argument("out", type=Path, help="where the new ones are written")
    parser.add_argument("shares", nargs="*", metavar="NAME=SHARE", help="name and share of the clips of each new set")
    parser.add_argument("--parts", type=int, default=0, metavar="N", help="N parts instead")
    parser.add_argument("--by", choices=["origin", "label"], help="clips of one recording, or label, stay together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry_run", action="store_true", help="check, say what would be written, write nothing")
    args = parser.parse_args(argv)
    shares = dict(map(share, args.shares or [f"part{k + 1}={1 / args.parts}" for k in range(args.parts)]))
    if len(shares) < 2 or len(args.shares) not in (0, len(shares)) or (args.shares and args.parts):
        parser.error("give --parts N, or NAME=SHARE of two or more new sets whose names differ")
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise LassError(f"{' '.join(args.shares)}: the shares sum to {sum(shares.values()):g}: make it 1")
    masks = split(args.set, list(shares.values()), args.seed, args.by)
    sets = {args.out / name: [Part(args.set, kept)] for name, kept in zip(shares, masks)}
    print(*write_sets(sets, args.dry_run), sep="\n")


def share(word: str) -> tuple[str, float]:
    """NAME=SHARE -> (name, share)."""
    name, _, number = word.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not UTT_ID.fullmatch(name) or not 0 < value < 1:
        raise LassError(f"{word!r}: expected NAME=SHARE, a name of letters and digits and a number between 0 and 1")
    return name, value


if __name__ == "__main__":
    run(main, "split_data.py")
