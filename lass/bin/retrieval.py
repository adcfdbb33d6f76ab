"""How well does an encoder find clips by texts, and texts by clips? lass retrieval DATA_DIR --config a.yaml --out DIR.

R@1, R@5 and R@10 both ways (HSM-TSS, Table V), by any encoder of text and audio. It goes on where it was stopped.
"""

import argparse
import json
from pathlib import Path

from lass.errors import LassError

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

    import torch

    from lass import config as configuration
    from lass.data.asking import TrainingRule
    from lass.data.datadir import DataDir
    from lass.io.files import write_text
    from lass.queries.encoder import QueryEncoder
    from lass.report.retrieval import page

    config = configuration.load(args.config, args.set)
    published = configuration.read_section(PUBLISHED, args.published) if args.published else None
    encoder = configuration.build(config, "encoder", QueryEncoder)
    if not {"text", "audio"} <= set(encoder.modalities):
        raise LassError(f"encoder: {type(encoder).__name__} encodes {' and '.join(encoder.modalities)}: choose one of "
                        "text and audio, such as lass.queries.clap.Clap")
    if args.assets:
        encoder.load_assets(args.assets)
    encoder.to("cuda" if torch.cuda.is_available() else "cpu")
    data, rule = DataDir(args.data), TrainingRule.of(config.get("query"), "query")
    found = {"encoder": encoder.identity(), "set": str(args.data), "clips": len(data),
             "query": f"{rule.source}, {' | '.join(rule.templates)}"}
    found["directions"] = recalls(encoder, data, texts_of(data, rule), args.out)
    write_text(args.out / "results.json", json.dumps(found, indent=1) + "\n")
    write_text(args.out / "table.md", page(found, published))
    for direction, row in found["directions"].items():
        figures = ", ".join(f"R@{k} {100 * r:.1f} ({100 * row['chance'][k]:.1f})" for k, r in row["recall"].items())
        print(f"{direction}: {figures} % (by chance), {row['queries']} queries, {row['candidates']} candidates")


def texts_of(data, rule) -> list[tuple[str, list[int]]]:
    """The texts of a set, each with the numbers of the clips that fit it: captions one by one, labels by their text."""
    asked = [(text, number) for number in range(len(data)) for text in rule.texts(data, data.utts(number))]
    if rule.source == "caption":
        return [(text, [number]) for text, number in asked]
    clips: dict[str, list[int]] = {}
    for text, number in asked:
        clips.setdefault(text, []).append(number)
    return list(clips.items())


def recalls(encoder, data, queries, out: Path) -> dict[str, dict]:
    """Recalls both ways; the embeddings are kept below ``out``."""
    import numpy as np

    from lass.metrics.retrieval import chance, ranks, recall
    from lass.queries.cache import TextEmbeddingCache
    from lass.queries.clips import FOLDER, ClipEmbeddingCache
    from lass.queries.store import cache_name
    from lass.report.retrieval import KS

    embedded, clips = out / "embed" / cache_name(encoder), [path for _, path in data.wav]
    texts, sounds = TextEmbeddingCache(embedded), ClipEmbeddingCache(embedded / FOLDER)
    texts.add(encoder, [text for text, _ in queries])
    sounds.add(encoder, clips)
    read, heard = (
        found / np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12)
        for found in (np.stack([texts[text] for text, _ in queries]), np.stack([sounds[clip] for clip in clips]))
    )
    fits = np.zeros((len(queries), len(clips)), dtype=bool)
    for row, (_, numbers) in zip(fits, queries):
        row[numbers] = True
    similarity, found = read @ heard.T, {}
    for direction, near, right in (("text to audio", similarity, fits), ("audio to text", similarity.T, fits.T)):
        places = ranks(near, right)
        found[direction] = {
            "queries": len(places), "candidates": right.shape[1],
            "recall": {str(k): recall(places, k) for k in KS}, "chance": {str(k): chance(right, k) for k in KS},
        }  # fmt: skip
    return found


if __name__ == "__main__":
    main()
