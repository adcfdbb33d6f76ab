"""Write the card of a trained model and pack its folder into one archive: lass pack EXP_DIR --licence TEXT."""

import argparse
import gzip
import tarfile
from pathlib import Path

from lass.errors import LassError
from lass.infer.folder import CARD, SUMS, name_in, shared_files, write_sums
from lass.io import stamp
from lass.io.files import atomic_path, sha256, write_text


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
    checksum = args.experiment / f"{archive.name}.sha256"
    inputs = [model / "config.yaml", model / "model.safetensors", *args.experiment.glob("score/*/*/results.json")]
    options, done = {"licence": args.licence}, args.experiment / ".packed"
    if stamp.is_complete(done, options, inputs, [archive, checksum, model / CARD, model / SUMS]):
        print(f"{archive}: packed, nothing to do")
        return

    from lass.infer.card import card

    done.unlink(missing_ok=True)
    if not (model / SUMS).exists():
        write_sums(model)
    write_text(model / CARD, card(args.experiment, args.licence))  # loads the model, which checks it
    write_archive(archive, model, name)
    write_text(checksum, f"{sha256(archive)}  {archive.name}\n")
    stamp.write(done, options, inputs)
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


def write_archive(archive: Path, model: Path, folder: str) -> None:
    """Pack a model as ``<folder>/<name>``. The same files give the same bytes: no times, no users, no links."""
    with (
        atomic_path(archive) as temporary,
        open(temporary, "wb") as plain,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=plain, mtime=0) as squeezed,  # weights hardly shrink
        tarfile.open(fileobj=squeezed, mode="w") as packed,
    ):
        for path in shared_files(model):
            member = tarfile.TarInfo(f"{folder}/{name_in(model, path)}")
            member.size = path.stat().st_size
            with open(path, "rb") as f:
                packed.addfile(member, f)


if __name__ == "__main__":
    main()
