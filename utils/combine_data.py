#!/usr/bin/env python3
"""Join data directories: utils/combine_data.py OUT audiocaps=../audiocaps/data/train clotho=../clotho/data/train

Where two parts share an id, or with --prefix, all ids get the name of their part and "-" in front, but for those that
begin so. Labels are joined; one label with two names is refused.
"""

import argparse
from pathlib import Path

from lass.data.derive import Part, shared_id, write_sets
from lass.errors import LassError, run


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the new data directory")
    parser.add_argument("parts", nargs="+", metavar="[NAME=]SET", help="data directory, and a name for it")
    parser.add_argument("--prefix", action="store_true", help="names in front of ids, although no two are alike")
    parser.add_argument("--dry_run", action="store_true", help="check, say what would be written, write nothing")
    args = parser.parse_args(argv)

    parts = {}
    for word in args.parts:
        name, _, folder = word.rpartition("=")
        name = name or Path(folder).resolve().name
        if name in parts:
            raise LassError(f"{parts[name]} and {folder}: both are named {name}: name them, NAME={folder}")
        parts[name] = Path(folder)
    clash = shared_id(list(parts.values()))
    if clash:
        print(f"{clash} is in two parts: ids begin with the names of the parts")
    prefixed = clash is not None or args.prefix
    named = [Part(folder, prefix=f"{name}-" if prefixed else "") for name, folder in parts.items()]
    print(*write_sets({args.out: named}, args.dry_run), sep="\n")


if __name__ == "__main__":
    run(main, "combine_data.py")
