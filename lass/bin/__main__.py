"""The `lass` command: `lass <stage> arguments`, the same as `python -m lass.bin.<stage> arguments`."""

import ast
import difflib
import importlib
import sys
from pathlib import Path

from lass.errors import run


def stages() -> dict[str, str]:
    """Names of the stages (the modules in lass/bin) with the first line of their docstrings; imports none of them."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith("_"):
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            found[path.stem] = docstring.partition("\n")[0]
    return found


def usage(known: dict[str, str]) -> str:
    """What `lass --help` prints."""
    width = max(map(len, known))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in known.items()]
    return "\n".join(["usage: lass <stage> [arguments]      (lass <stage> --help explains one)", "", *lines])


def main(argv: list[str] | None = None) -> None:
    """Run one stage. A LassError becomes one line and exit code 1, an interrupt exit code 130."""
    arguments = sys.argv[1:] if argv is None else argv
    known = stages()
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage(known))
        sys.exit(0 if arguments else 2)
    stage = arguments[0]
    if stage not in known:
        close = difflib.get_close_matches(stage, known)
        hint = f"did you mean {' or '.join(close)}?" if close else "lass --help lists them"
        sys.exit(f"lass: no stage {stage!r}; {hint}")
    run(lambda: importlib.import_module(f"lass.bin.{stage}").main(arguments[1:]), f"lass {stage}")


if __name__ == "__main__":
    main()
