"""List the registered test sets (conf/sets) and what is there of them: lass test_sets [--root DIR] [--download].

DIR, the benchmark root, is laid out as AudioSep's folder "evaluation": metadata/ holds the published lists, data/<set>/
published audio as it was published, clips/<corpus>/ single clips of a corpus, from which a set is rebuilt where its
audio is not published. --download gets the lists (no audio): a few MB, and for tags of LASS-Test 110 MB of AudioSet's.
"""

import argparse
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass test_sets", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="files of conf/sets without .yaml; all without any")
    parser.add_argument("--root", type=Path, help="benchmark root (default: benchmark in the repository)")
    parser.add_argument("--download", action="store_true", help="get the lists that have an address")
    args = parser.parse_args(argv)

    from lass.data import testsets

    root = args.root or testsets.ROOT
    sets = [testsets.find_set(name) for name in args.names] or list(testsets.registered().values())
    failed = []
    for found in {each.path(root): each for testset in sets for each in testset.all_lists}.values():
        if args.download and found.url:
            try:
                found.fetch(root)
            except LassError as error:  # the other addresses may work
                failed.append(str(error))
    for testset in sets:
        print(f"{testset.name}: {testset.title}, {testset.expected} mixtures at {testset.sample_rate} Hz, "
              f"asked with {testset.query}, {testset.aggregate}")
        for found in testset.all_lists:
            print(f"  {found.missing(root) or found.path(root)}")
    if failed:
        raise LassError("; ".join(failed))


if __name__ == "__main__":
    main()
