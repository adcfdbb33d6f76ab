"""Upload a packed model folder to the Hugging Face hub: lass push MODEL_DIR ORG/NAME [--private] [--endpoint URL]."""

import argparse
from pathlib import Path

from lass.infer.hub import push


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="lass push", description=__doc__, epilog="The token is that of `hf auth login`, or HF_TOKEN."
    )
    parser.add_argument("model", type=Path, help="a model folder that lass pack gave a card")
    parser.add_argument("repo", metavar="ORG/NAME", help="repository of the hub; made if it is not there")
    parser.add_argument("--private", action="store_true", help="nobody else may see it")
    parser.add_argument("--endpoint", metavar="URL", help="another hub (default: HF_ENDPOINT)")
    args = parser.parse_args(argv)

    address = push(args.model, args.repo, args.private, args.endpoint)
    print(f"{args.model}: pushed to {address}; use it with --model {args.repo}")


if __name__ == "__main__":
    main()
