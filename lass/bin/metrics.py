"""List the metrics that lass score takes, with unit, sample rate and definition: lass metrics [NAME ...]."""

import argparse
import textwrap

from lass.metrics import registry


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass metrics", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all without any")
    args = parser.parse_args(argv)
    names = registry.parse(",".join(args.names)) if args.names else registry.METRICS
    print(*map(_entry, names), sep="\n")


def _entry(name: str) -> str:
    metric = registry.METRICS[name]
    rate = f"; at {metric.rate} Hz" if metric.rate else ""
    lines = textwrap.wrap(f"{metric.definition}{rate}", 112, initial_indent="    ", subsequent_indent="    ")
    return "\n".join([f"{name}: {metric.headline}", *lines])


if __name__ == "__main__":
    main()
