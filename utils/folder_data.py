#!/usr/bin/env python3
"""Write a data directory of all audio files below some folders, for a training that asks for no words:
utils/folder_data.py OUT jamendo/mp3 speech/wav"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from lass.data.datadir import Row, summary, write_data_dir
from lass.data.validate import validate
from lass.errors import LassError, run
from lass.io.blocks import SUBTYPES
from lass.io.files import atomic_folder, refuse_existing


def rows(folders: list[Path]) -> Iterator[Row]:
    """A clip a file; its id is the name of its folder and the way from there to the file."""
    for folder in folders:
        if not folder.is_dir():
            raise LassError(f"{folder}: no such folder: give folders of audio files")
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUBTYPES and not path.name.startswith(".") and path.is_file():
                name = "-".join((folder.resolve().name, *path.relative_to(folder).with_suffix("").parts))
                yield Row("clip-" + re.sub(r"[^A-Za-z0-9._+=-]", "_", name), str(path.resolve()))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="data directory to write")
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help=f"of {', '.join(SUBTYPES)} files")
    args = parser.parse_args(argv)

    refuse_existing(args.out)
    with atomic_folder(args.out) as folder:
        write_data_dir(folder, rows(args.folders))
        if problems := validate(folder):
            raise LassError("; ".join(problems[:5]))
    print(summary(args.out))


if __name__ == "__main__":
    run(main, "folder_data.py")
