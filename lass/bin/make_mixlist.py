"""Write the mixture list of a test set: lass make_mixlist DATA_DIR SET_DIR --config conf/mix.yaml [--pairs TABLE]."""

import argparse
from pathlib import Path

from lass import config


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass make_mixlist", description=__doc__)
    parser.add_argument("data_dir", type=Path, help="a formatted set of single clips")
    parser.add_argument("set_dir", type=Path, help="the test set to make; mixlist.tsv is written there")
    parser.add_argument("--config", type=Path, required=True, help="yaml; its section has the name of SET_DIR")
    parser.add_argument("--pairs", type=Path, help="published list '<mix_id> <target> <interferer> ..'; none is drawn")
    args = parser.parse_args(argv)

    from lass.data.datadir import DataDir
    from lass.data.mixlist import draw_mixlist, pair_mixlist
    from lass.data.render import renew_mixlist
    from lass.io.files import write_text
    from lass.io.table import read_table

    section = config.read_section(args.config, args.set_dir.name)
    data, where = DataDir(args.data_dir), f"{args.config}: {args.set_dir.name}"
    if args.pairs:
        config.bind(pair_mixlist, section, where, given=("data", "pairs"))
        mixtures, expected = pair_mixlist(data, args.pairs, **section), len(read_table(args.pairs))
        write_text(args.set_dir / "num_expected", f"{expected}\n")
        print(f"{args.pairs}: {len(mixtures)} of {expected} mixtures, those whose clips are all in {args.data_dir}")
    else:
        config.bind(draw_mixlist, section, where, given=("data",))
        mixtures = draw_mixlist(data, **section)
        (args.set_dir / "num_expected").unlink(missing_ok=True)
    path, changed = args.set_dir / "mixlist.tsv", renew_mixlist(args.set_dir, mixtures)
    targets = len({m.target for m in mixtures})
    print(f"{path}: {len(mixtures)} mixtures{f' of {targets} targets' if changed else ', unchanged'}")


if __name__ == "__main__":
    main()
