#!/usr/bin/env python3
"""Write some clips of a data directory as a new one: utils/subset_data.py SET OUT --random 500"""

import argparse
from pathlib import Path

from lass.data import choose
from lass.data.derive import Part, write_sets
from lass.errors import run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path, help="data directory")
    parser.add_argument("out", type=Path, help="the new one")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--first", type=int, metavar="N", help="the first N clips")
    which.add_argument("--random", type=int, metavar="N", help="N clips drawn by --seed")
    which.add_argument("--list", type=Path, metavar="FILE", help="clips whose ids are the first words of its lines")
    which.add_argument("--labels", nargs="+", metavar="LABEL", help="clips with one of these (ids or names)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dry_run", action="store_true", help="check, say what would be written, write nothing")
    args = parser.parse_args(argv)

    if args.first is not None:
        kept = choose.first(args.set, args.first)
    elif args.random is not None:
        kept = choose.random(args.set, args.random, args.seed)
    elif args.list is not None:
        kept = choose.listed(args.set, args.list)
    else:
        kept = choose.labelled(args.set, args.labels)
    print(*write_sets({args.out: [Part(args.set, kept)]}, args.dry_run), sep="\n")


if __name__ == "__main__":
    run(main, "subset_data.py")
