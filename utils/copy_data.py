#!/usr/bin/env python3
"""Copy a data directory, under other ids if need be: utils/copy_data.py SET OUT --id_prefix esc50-"""

import argparse
from pathlib import Path

from lass.data.derive import Part, write_sets
from lass.errors import run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path, help="data directory")
    parser.add_argument("out", type=Path, help="the new one")
    parser.add_argument("--id_prefix", default="", metavar="TEXT", help="put before each id that does not begin so")
    parser.add_argument("--id_suffix", default="", metavar="TEXT", help="put behind each id (--id_suffix=-x)")
    parser.add_argument("--dry_run", action="store_true", help="check, say what would be written, write nothing")
    args = parser.parse_args(argv)
    part = Part(args.set, prefix=args.id_prefix, suffix=args.id_suffix)
    print(*write_sets({args.out: [part]}, args.dry_run), sep="\n")


if __name__ == "__main__":
    run(main, "copy_data.py")
