"""Fetch a recipe's corpus: lass download LOCAL_DATA_PY --root DOWNLOADS [key=value ...]."""

import argparse
from pathlib import Path

from lass.bin.data import recipe_function


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass download", description=__doc__)
    parser.add_argument("recipe", type=Path, metavar="LOCAL_DATA_PY", help="egs/<corpus>/local/data.py")
    parser.add_argument("--root", type=Path, required=True, help="where the corpus is put; finished parts are kept")
    parser.add_argument("options", nargs="*", metavar="key=value", help="options of the recipe's download()")
    args = parser.parse_intermixed_args(argv)

    recipe_function(args.recipe, "download", args.options)(args.root)


if __name__ == "__main__":
    main()
