"""Write a recipe's data directories: lass data LOCAL_DATA_PY OUT --root DOWNLOADS [key=value ...]."""

import argparse
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass data", description=__doc__)
    parser.add_argument("recipe", type=Path, metavar="LOCAL_DATA_PY", help="egs/<corpus>/local/data.py")
    parser.add_argument("out", type=Path, metavar="OUT", help="each set is written to OUT/<set>")
    parser.add_argument("--root", type=Path, required=True, help="where the corpus lies, as published")
    parser.add_argument("--train_sets", default="", help="names of the sets that --leaks is for, blanks between; "
                        "they may hold the same recordings")
    parser.add_argument("--valid_sets", default="", help="further sets that --leaks is for")
    parser.add_argument("--leaks", default="clean", help="clips that the registered test sets (conf/sets) hold, too: "
                        "clean leaves them out of these sets, paper keeps and names them (default: %(default)s)")
    parser.add_argument("--benchmark", type=Path, help="benchmark root with the lists, see lass test_sets --help")
    parser.add_argument("options", nargs="*", metavar="key=value", help="options of the recipe's prepare()")
    args = parser.parse_intermixed_args(argv)

    prepare = recipe_function(args.recipe, "prepare", args.options)
    expected = recipe_function(args.recipe, "expected", args.options, optional=True)
    pairs = recipe_function(args.recipe, "pairs", args.options, optional=True)

    from lass.data.datadir import UTT_ID, summary, write_data_dir
    from lass.data import testsets
    from lass.data.leak_policy import LeakPolicy, report_of
    from lass.data.leaks import shared_origins
    from lass.data.present import Present, reasons_of
    from lass.data.validate import validate
    from lass.io.table import write_table

    policy = LeakPolicy(args.leaks, testsets.registered().values(), args.benchmark or testsets.ROOT)
    folders, training = [], [*args.train_sets.split(), *args.valid_sets.split()]
    published, reasons = expected(args.root) if expected else {}, reasons_of(args.root)
    for name, rows in prepare(args.root).items():
        if not UTT_ID.fullmatch(name):
            raise LassError(f"{args.recipe}: bad name of a set ({name!r}): letters, digits and . _ + = -")
        present = Present(args.out / name, reasons)
        rows = present.filter(rows)
        write_data_dir(args.out / name, policy.filter(name, rows, args.out / name) if name in training else rows)
        print(present.counts(published.get(name)))
        problems = validate(args.out / name)
        if problems:
            print(*problems, sep="\n")
            raise LassError(f"{args.out / name}: the lines above are wrong: mend them in {args.recipe}")
        print(summary(args.out / name))
        if name in training:
            print(f"{args.out / name}: leaks, {report_of(args.out / name)}")
        folders.append(args.out / name)
    tests = set(folders) - {args.out / name for name in training}
    if leaks := shared_origins(folders, {args.out / name for name in args.train_sets.split()}, tests):
        raise LassError(f"{args.recipe}: {'; '.join(leaks)}: what is tested may not be trained on")
    for name, clips in (pairs(args.root) if pairs else {}).items():
        write_table(args.out / "pairs" / name, [(mix_id, " ".join(utts)) for mix_id, utts in clips.items()])
        print(f"{args.out / 'pairs' / name}: {len(clips)} mixtures of a published list")


def recipe_function(path: Path, name: str, options: list[str], optional: bool = False) -> Callable | None:
    """Function ``name(root, **options)`` of the recipe file ``path``, with ``options`` ("key=value") bound to it.

    None when there is none and it is ``optional``.

    Raises:
        LassError: no such file or function, an option that it does not take, one that it needs and did not get
    """
    if not path.is_file():
        raise LassError(f"{path}: no such file: give a recipe's local/data.py")
    spec = importlib.util.spec_from_file_location("local_data", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if function is None and optional:
        return None
    if function is None:
        raise LassError(f"{path}: no function {name}(root, **options): a recipe defines download and prepare")
    given = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise LassError(f"option {option!r}: write it as key=value")
        given[key] = value
    _, *parameters = inspect.signature(function).parameters.values()
    known = ", ".join(p.name for p in parameters) or "none"
    for key in given:
        if key not in {p.name for p in parameters}:
            raise LassError(f"{path}: {name} takes no option {key!r}; it takes {known}")
    for parameter in parameters:
        if parameter.default is parameter.empty and parameter.name not in given:
            raise LassError(f"{path}: {name} needs {parameter.name}=...; it takes {known}")
    return lambda root: function(root, **given)


if __name__ == "__main__":
    main()
