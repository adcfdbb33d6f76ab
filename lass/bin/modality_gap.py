"""How near are embeddings of clips to those of their texts? lass modality_gap DATA_DIR --config a.yaml --out DIR.

Mean cosine similarity of clips with their own text and with those of others, as MERL has it (Sec. II-B), with a figure.
"""

import argparse
import json
from pathlib import Path

from lass.errors import LassError


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass modality_gap", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="a set: wav.scp, captions or labels")
    parser.add_argument("--config", action="append", required=True, help="yaml with encoder and query; later ones win")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="wins over all yaml")
    parser.add_argument("--assets", type=Path, metavar="DIR", help="exp/<name>/embed, of an encoder that learnt there")
    parser.add_argument("--clips", type=int, default=1000, help="of the set, drawn by chance (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for modality_gap.json and .png")
    args = parser.parse_args(argv)
    if args.clips < 2:
        raise LassError(f"--clips {args.clips}: two at least")

    import numpy as np
    import torch
    from tqdm import tqdm

    from lass import config as configuration
    from lass.data.asking import TrainingRule
    from lass.data.datadir import DataDir
    from lass.data.examples import read_example
    from lass.io.files import write_text
    from lass.queries.encoder import encoder_of_text_and_audio
    from lass.queries.gap import cosines
    from lass.report.figures import modality_gap

    config = configuration.load(args.config, args.set)
    encoder = encoder_of_text_and_audio(config, args.assets)
    data, rule = DataDir(args.data), TrainingRule.of(config.get("query"), "query")
    rng = np.random.default_rng(0)
    utts = [data.utts(int(i)) for i in sorted(rng.permutation(len(data))[: args.clips])]
    texts = [rule.draw(data, utt, rng) for utt in utts]
    heard, read = [], []
    with torch.no_grad():
        for utt, text in tqdm(list(zip(utts, texts)), desc="modality_gap", unit="clip"):
            wave = torch.from_numpy(read_example(data.wav[utt], encoder.sample_rate))
            heard.append(encoder.encode_audio(wave[None]).embedding[0].cpu().numpy())
            read.append(encoder.encode_text([text]).embedding[0].cpu().numpy())
    matched, unmatched = cosines(np.stack(heard), np.stack(read), texts)
    if not len(unmatched):
        raise LassError(f"{args.data}: all of {len(texts)} clips drawn have the text {texts[0]!r}: choose another set")
    found = {"encoder": encoder.identity(), "set": str(args.data), "clips": len(texts), "pairs": len(unmatched),
             "matched": float(matched.mean()), "unmatched": float(unmatched.mean())}
    modality_gap.draw(args.out / "modality_gap.png", f"{type(encoder).__name__}, {args.data.name}", matched, unmatched)
    write_text(args.out / "modality_gap.json", json.dumps(found, indent=1) + "\n")
    print(f"{args.data}: mean cosine of {len(texts)} clips with their text {found['matched']:z.3f}, with other texts "
          f"{found['unmatched']:z.3f}; see {args.out / 'modality_gap.png'}")


if __name__ == "__main__":
    main()
