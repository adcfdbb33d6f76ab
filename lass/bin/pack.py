"""Write the card of a trained model and pack its folder into one archive: lass pack EXP_DIR --licence TEXT."""

import argparse
import tarfile
from pathlib import Path

from lass.errors import LassError
from lass.io import stamp
from lass.io.files import atomic_path, write_text


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass pack", description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--licence", required=True, help="the most restrictive licence of the training data")
    args = parser.parse_args(argv)

    name = args.experiment.resolve().name
    model = args.experiment / "model"
    if not (model / "config.yaml").exists():
        raise LassError(f"{model}: no trained model; run stage train first")
    archive = args.experiment / f"{name}.tar.gz"
    inputs = [model / "config.yaml", model / "model.safetensors", *args.experiment.glob("score/*/model/results.json")]
    options, done = {"licence": args.licence}, args.experiment / ".packed"
    if stamp.is_complete(done, options, inputs, [archive, model / "README.md"]):
        print(f"{archive}: packed, nothing to do")
        return

    from lass.infer.card import card

    write_text(model / "README.md", card(args.experiment, args.licence))
    with atomic_path(archive) as temporary, tarfile.open(temporary, "w:gz") as packed:
        for path in sorted(model.iterdir()):
            if not path.name.startswith("."):
                packed.add(path, f"{name}/{path.name}", filter=_anonymous)
    stamp.write(done, options, inputs)
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the user of this machine."""
    return member.replace(uid=0, gid=0, uname="", gname="", deep=False)


if __name__ == "__main__":
    main()
