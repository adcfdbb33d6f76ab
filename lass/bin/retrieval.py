"""How well does an encoder find clips by texts, and texts by clips? lass retrieval DATA_DIR --config a.yaml --out DIR.

R@1, R@5 and R@10 both ways (HSM-TSS, Table V), by any encoder of text and audio. It goes on where it was stopped.
"""

import argparse
import json
from pathlib import Path

PUBLISHED = Path(__file__).parents[2] / "conf" / "retrieval.yaml"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass retrieval", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="a set: wav.scp, captions or labels")
    parser.add_argument("--config", action="append", required=True, help="yaml with encoder and query; later ones win")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="wins over all yaml")
    parser.add_argument("--assets", type=Path, metavar="DIR", help="exp/<name>/embed, of an encoder that learnt there")
    parser.add_argument("--published", metavar="NAME", help=f"rows of {PUBLISHED.name} to set beside, such as clotho")
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, table.md and the embeddings")
    args = parser.parse_args(argv)

    from lass import config as configuration
    from lass.data.asking import TrainingRule
    from lass.data.datadir import DataDir
    from lass.infer.retrieval import recalls, texts_of
    from lass.io.files import write_text
    from lass.parts.folder import CONFIG, training_of
    from lass.queries.encoder import encoder_of_text_and_audio
    from lass.report.retrieval import page
    from lass.score.provenance import measured_by

    config = configuration.load(args.config, args.set)
    published = configuration.read_section(PUBLISHED, args.published) if args.published else None
    encoder = encoder_of_text_and_audio(config, args.assets)
    data, rule = DataDir(args.data), TrainingRule.of(config.get("query"), "query")
    found = {"encoder": encoder.identity(), "set": str(args.data), "clips": len(data),
             "query": f"{rule.source}, {' | '.join(rule.templates)}"}
    folder = Path(str(config["encoder"].get("model", "")))
    if (folder / CONFIG).is_file():
        found["trained_on"] = training_of(folder)
    found["directions"] = recalls(encoder, data, texts_of(data, rule), args.out)
    write_text(args.out / "results.json", json.dumps(found, indent=1) + "\n")
    write_text(args.out / "table.md", page(found, published) + measured_by("retrieval", argv))
    for direction, row in found["directions"].items():
        figures = ", ".join(f"R@{k} {100 * r:.1f} ({100 * row['chance'][k]:.1f})" for k, r in row["recall"].items())
        print(f"{direction}: {figures} % (by chance), {row['queries']} queries, {row['candidates']} candidates")


if __name__ == "__main__":
    main()
