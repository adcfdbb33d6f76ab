"""Draw the mixture list of a test set: lass make_mixlist DATA_DIR SET_DIR --config conf/mix.yaml."""

import argparse
import shutil
from pathlib import Path

from lass import config


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass make_mixlist", description=__doc__)
    parser.add_argument("data_dir", type=Path, help="a formatted set of single clips")
    parser.add_argument("set_dir", type=Path, help="the test set to make; mixlist.tsv is written there")
    parser.add_argument("--config", type=Path, required=True, help="yaml; its section has the name of SET_DIR")
    args = parser.parse_args(argv)

    from lass.data.datadir import DataDir
    from lass.data.mixlist import draw_mixlist, read_mixlist, write_mixlist

    section = config.read_section(args.config, args.set_dir.name)
    config.bind(draw_mixlist, section, f"{args.config}: {args.set_dir.name}", given=("data",))
    mixtures = draw_mixlist(DataDir(args.data_dir), **section)
    path = args.set_dir / "mixlist.tsv"
    if path.exists() and read_mixlist(path) == sorted(mixtures, key=lambda m: m.mix_id.encode()):
        print(f"{path}: {len(mixtures)} mixtures, unchanged")
        return
    for stale in ("mix", "ref", "interf", ".mix"):  # rendered from an older list
        shutil.rmtree(args.set_dir / stale, ignore_errors=True)
    (args.set_dir / "gains.tsv").unlink(missing_ok=True)
    write_mixlist(path, mixtures)
    print(f"{path}: {len(mixtures)} mixtures of {len({m.target for m in mixtures})} targets")


if __name__ == "__main__":
    main()
