"""Turn published weights of others into a folder of ours: lass import KIND CKPT --out DIR."""

import argparse
from pathlib import Path

from lass.errors import LassError
from lass.infer.released import KINDS
from lass.io.files import atomic_folder

EPILOG = """\
Nothing in a checkpoint is run; a file that holds more than weights is refused, with the way to convert it.
The query encoder of audiosep, dcase2024 (LAION-CLAP, 0.8 GB) and lassnet (BERT-mini) goes into DIR, too, which then
needs nothing else; so does the CLIP of clipsep (0.6 GB). uss is asked with audio: with --encoder Cnn14_mAP=0.431.pth
(Zenodo record 3987831) and --examples DATA_DIR, --text names a label of DATA_DIR, whose clips CNN14 hears; without them
the separator stays alone."""
WITH_ENCODER = ("audiosep", "dcase2024", "clipsep", "uss")  # kinds that --encoder is for


def main(argv: list[str] | None = None) -> None:
    kinds = "\n".join(f"  {name:10}  {release.title}: {release.published}" for name, release in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="lass import", description=f"{__doc__}\n\nkinds:\n{kinds}", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("checkpoint", type=Path, metavar="CKPT", help="the published file (torch.save or safetensors); "
                        "of audiomae also a folder with it, or a hub id")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--encoder", metavar="DIR_OR_ID", help="audiosep, dcase2024: a CLAP instead of that in CKPT: a "
                        "folder that lass import laion_clap wrote, or another ClapModel of transformers, or a hub id; "
                        "clipsep: a CLIPModel (default: openai/clip-vit-base-patch32); uss: the checkpoint of CNN14")
    parser.add_argument("--examples", type=Path, action="append", default=[], metavar="DATA_DIR",
                        help="uss: clips with labels, ten of each of which are heard; may be given several times")
    parser.add_argument("--tokenizer", metavar="DIR_OR_ID", help="of the query encoder in CKPT (default: roberta-base, "
                        "for lassnet prajjwal1/bert-mini, for ms_clap of 2023 gpt2; from the hub or its cache)")
    args = parser.parse_args(argv)
    if args.encoder is not None and args.kind not in WITH_ENCODER:
        parser.error(f"--encoder is not for {args.kind}")
    if bool(args.examples) != (args.kind == "uss" and args.encoder is not None):
        parser.error("--examples and --encoder go together for uss, and --examples is for no other kind")

    from safetensors import SafetensorError

    from lass.infer.importing import import_clap, import_clipsep, import_lassnet, import_part, import_separator

    tokenizer = args.tokenizer or KINDS[args.kind].tokenizer_id
    try:
        with atomic_folder(args.out) as folder:
            if args.kind == "lassnet":
                import_lassnet(args.checkpoint, folder, tokenizer)
            elif args.kind == "clipsep":
                import_clipsep(args.checkpoint, folder, args.encoder or KINDS[args.kind].encoder_id)
            elif KINDS[args.kind].part:
                import_part(args.kind, str(args.checkpoint), folder)
            elif KINDS[args.kind].encoder:
                import_clap(args.kind, args.checkpoint, folder, tokenizer)
            else:
                import_separator(args.kind, args.checkpoint, folder, args.encoder, tokenizer, args.examples)
    except (OSError, SafetensorError) as error:  # no room, no right to write
        raise LassError(f"{args.out}: cannot be written ({error}): give another place") from None
    print(f"{args.out}: imported from {args.checkpoint}; README.md in it tells what it is")


if __name__ == "__main__":
    main()
