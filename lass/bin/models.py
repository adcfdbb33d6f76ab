"""List the models of conf/model with their sizes: lass models [NAME ...]."""

import argparse
import inspect
from pathlib import Path

from lass import config as configuration
from lass.errors import LassError

MODELS = Path(__file__).parents[2] / "conf" / "model"
WORDS = ("model", "encoder", "separator")  # columns that are left-aligned
EMBEDDING = 512  # of CLIP ViT-B/32 and LAION-CLAP
FIGURES = ("Hz", "window", "hop", "encoder weights", "separator, trained", "all weights")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass models", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="files of conf/model without .yaml; all without any")
    args = parser.parse_args(argv)
    known = {path.stem: path for path in sorted(MODELS.glob("*.yaml"))}
    if not known:
        raise LassError(f"{MODELS}: no models there: run lass from a checkout of the repository (tools/env.sh)")
    for name in args.names:
        if name not in known:
            raise LassError(f"{MODELS}: no {name}.yaml; there are {', '.join(known)}")
    rows = [(*WORDS, *FIGURES), *(row(name, configuration.load([known[name]])) for name in args.names or known)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    line = "  ".join(f"{{:{'<' if i < len(WORDS) else '>'}{width}}}" for i, width in enumerate(widths))
    print(*(line.format(*cells) for cells in rows), sep="\n")


def row(name: str, config: dict) -> tuple[str, ...]:
    """The cells of one model. It is built without memory for its weights; those of a frozen encoder do not count.

    An encoder of the hub that is no folder here is not fetched: its weights do not count, and its embeddings are of the
    size that the yaml tells, or ``EMBEDDING``. Nothing is told of a separator whose sizes are those of parts, until all
    of them are here.
    """
    import torch

    from lass.layers.stft import STFT
    from lass.parts.spec import parts_of
    from lass.queries.pretrained import PretrainedEncoder
    from lass.separators.separator import Separator
    from lass.train.system import build_model

    cls, spec = configuration.check_part(config, "encoder"), config["encoder"]
    separator_cls = configuration.check_part(config, "separator")
    parts = [spec.get("model", "."), *parts_of(config["separator"]).values()]
    if "encoder" in inspect.signature(separator_cls).parameters and not all(Path(part).is_dir() for part in parts):
        return name, cls.__name__, separator_cls.__name__, *("-" for _ in FIGURES)
    with torch.device("meta"):
        if issubclass(cls, PretrainedEncoder) and not Path(spec["model"]).is_dir():
            size = spec.get("dim", EMBEDDING)
            encoder, separator = None, configuration.build(config, "separator", Separator, condition=size)
        else:
            encoder, separator = build_model(config)
    sizes = next(((m.n_fft, m.hop) for m in separator.modules() if isinstance(m, STFT)), ("-", "-"))
    of_encoder = sum(p.numel() for p in encoder.parameters()) if encoder else 0
    of_separator = sum(p.numel() for p in separator.parameters())
    trained = sum(p.numel() for p in separator.parameters() if p.requires_grad)
    words = (name, cls.__name__, type(separator).__name__)
    counts = (of_encoder, trained, of_encoder + of_separator)
    return *words, *map(str, (separator.sample_rate, *sizes)), *(f"{count:,}" for count in counts)


if __name__ == "__main__":
    main()
