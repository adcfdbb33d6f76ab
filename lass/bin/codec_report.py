"""What does a codec keep of a sound? lass codec_report --codec DIR SET_DIR --out DIR."""

import argparse
import json
from pathlib import Path

PUBLISHED = Path(__file__).parents[2] / "conf" / "codecs.yaml"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass codec_report", description=__doc__)
    parser.add_argument("set", type=Path, metavar="SET_DIR", help="data directory of clips")
    parser.add_argument("--codec", type=Path, required=True, metavar="DIR", help="folder of a codec as lass train_part "
                        "writes it, or a yaml such as conf/codec/encodec.yaml, whose weights come from the hub")
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json and table.md")
    args = parser.parse_args(argv)

    from lass.io import stamp

    weights = args.codec if args.codec.suffix == ".yaml" else args.codec / "model.safetensors"
    inputs, done = [args.set / "wav.scp", weights, PUBLISHED], args.out / ".done"
    outputs = [args.out / name for name in ("results.json", "table.md")]
    options = {"codec": args.codec, "set": args.set}
    if stamp.is_complete(done, options, inputs, outputs):
        print(f"{args.out}: written already, nothing to do")
        return

    import numpy as np
    from tqdm import tqdm

    from lass.config import read_yaml
    from lass.data.datadir import DataDir
    from lass.infer.codec_report import load_codec, measure
    from lass.io.files import write_text
    from lass.report.codec import page
    from lass.score.codec import summary
    from lass.score.provenance import commit, measured_by

    codec, data = load_codec(args.codec), DataDir(args.set)
    counts, items = np.zeros((codec.groups, codec.codebook_size), dtype=np.int64), []
    for found in tqdm(measure(codec, data), total=len(data), unit="clip"):
        tokens = found.pop("tokens")
        np.add.at(counts, (np.arange(codec.groups), tokens), 1)
        items.append(found | {"frames": len(tokens)})
    facts = {"class": type(codec).__name__, "place": str(args.codec), "groups": codec.groups, "commit": commit(),
             "codebook_size": codec.codebook_size, "parameters": codec.size()}
    result = summary(args.set.name, facts, items, counts)
    table = page(result, read_yaml(PUBLISHED)) + measured_by("codec_report", argv)
    for path, content in zip(outputs, (json.dumps(result, indent=1) + "\n", table)):
        write_text(path, content)
    stamp.write(done, options, inputs)
    print(table)


if __name__ == "__main__":
    main()
