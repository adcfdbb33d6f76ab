"""Ask a language model for the unified tags of sets: lass unify_tags DATA_DIR .. --table FILE --parser lm|http ..

The table (lass.data.tag_table) tells egs/hsm_tss which clips may be mixed. What stands in it is not asked again. What
it lacks afterwards, the recipe tells by rules.
"""

import argparse
from pathlib import Path

from lass.errors import LassError
from lass.instructions import parser as parsing


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass unify_tags", description=__doc__)
    parser.add_argument("data_dirs", type=Path, nargs="+", metavar="DATA_DIR", help="sets with captions or labels")
    parser.add_argument("--table", type=Path, required=True, help="is made, or added to")
    parsing.add_options(parser)
    args = parser.parse_args(argv)

    from lass.data.tag_table import TagTable, texts_of
    from lass.instructions.tagging import unifier

    answer = parsing.answers_of(args)
    if answer is None:
        raise LassError("--parser rules: the recipe itself tells tags by rules: give --parser lm or http")
    table = TagTable(args.table)
    added, failed = table.add((text for folder in args.data_dirs for text in texts_of(folder)), unifier(answer))
    print(f"{args.table}: {len(table)} texts, {added} of them new; {failed} without an answer")


if __name__ == "__main__":
    main()
