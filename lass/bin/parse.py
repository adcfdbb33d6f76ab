"""Parse an instruction: lass parse "remove the engine but keep the birds"; --score FILE tells how often it is right."""

import argparse
import json
from pathlib import Path

from lass.errors import LassError
from lass.instructions import parser as parsing


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass parse", description=__doc__)
    parser.add_argument("instruction", nargs="?", help="an instruction; printed is a JSON list of {task, description}")
    parser.add_argument("--score", type=Path, metavar="FILE", help="parse all of FILE, as conf/instructions/kept.tsv")
    parser.add_argument("--wrong", action="store_true", help="with --score: print what was understood otherwise, too")
    parsing.add_options(parser)
    args = parser.parse_args(argv)

    if (args.instruction is None) == (args.score is None):
        raise LassError("give an instruction, or --score FILE")
    parse = parsing.of_options(args)
    if args.score is None:
        print(json.dumps([operation._asdict() for operation in parse(args.instruction)], ensure_ascii=False))
        return

    from lass.instructions.score import accuracy, read_instructions

    found, wrong = accuracy(read_instructions(args.score), parse)
    for text, operations in wrong if args.wrong else ():
        print(json.dumps([text, *operations], ensure_ascii=False))
    share = 100 / found.total
    print(f"{args.score}: {args.parser}: {found.total} instructions: {found.exact * share:.1f} % exact "
          f"({found.exact}), tasks alone {found.tasks * share:.1f} % ({found.tasks}); {parse.replaced} answers "
          "replaced by rules")


if __name__ == "__main__":
    main()
