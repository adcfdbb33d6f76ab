"""How well do the stages of HSM-TSS separate features? lass hsm_report SET_DIR --model DIR.. --out DIR.

A row a model and task: cosine of the predicted global feature and L1 of the predicted patches, beside the mixture's, of
the stages that the model has. With two figures: the global features by class, of the first model that predicts them,
and what they attend to, of the first that has both stages.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lass.errors import LassError

if TYPE_CHECKING:
    from lass.data.rendered import Question
    from lass.infer.features import Compared
    from lass.infer.model import Model

TABLES = {"extraction": "queries", "removal": "interf_queries"}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="lass hsm_report", description=__doc__)
    parser.add_argument("set", type=Path, metavar="SET_DIR", help="a rendered test set")
    parser.add_argument("--model", type=Path, nargs="+", required=True, metavar="DIR", help="exp/<name>/model")
    parser.add_argument("--mixture", metavar="ID", help="whose attention is drawn; the first if left out")
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps; auto is the first there is of cuda, mps, cpu")
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, table.md and the figures")
    args = parser.parse_args(argv)

    from lass.data.rendered import read_questions
    from lass.infer.features import compare
    from lass.infer.model import Model
    from lass.io.files import write_text
    from lass.report.features import page
    from lass.score.provenance import measured_by

    tasks = {task: table for task, table in TABLES.items() if (args.set / table).is_file()}
    asked = {task: read_questions(args.set, table) for task, table in tasks.items()}
    rows, drawn = [], set()
    for folder in args.model:
        model = Model.load(folder, args.device)
        facts = {"model": _name(folder), "trained": _training(model)}
        for task, questions in asked.items():
            found = compare(model, questions, task)
            rows.append({**facts, "task": task, "n": len(questions), "figures": _summary(found)})
            if task == "extraction":
                _draw(args, model, questions, found, drawn)
    write_text(args.out / "results.json", json.dumps({"set": str(args.set), "rows": rows}, indent=1) + "\n")
    write_text(args.out / "table.md", page(str(args.set), rows) + measured_by("hsm_report", argv))
    print(page(str(args.set), rows))


def _name(folder: Path) -> str:
    return folder.resolve().parent.name if folder.name == "model" else folder.name


def _summary(found: "Compared") -> dict[str, tuple[float, ...]]:
    from lass.score.bootstrap import draws, interval

    return {name: (float(v.mean()), *interval(draws(v, (), "mean"))) for name, v in found.figures.items()}


def _training(model: "Model") -> str:
    """What the model was trained on, in words."""
    config = model.config
    if "train" not in config:
        return "not trained here"
    sets = ", ".join(str(entry["dir"]) for entry in config["data"]["sets"])
    train = config["train"]
    told = f"at most {train['max_steps']} steps of {train['batch_size'] * train['accumulate']} mixtures of {sets}"
    begun = f", behind {_name(Path(config['init']['model']))}" if "init" in config else ""
    return f"{told}, seed {config['seed']}{begun}"


def _draw(
    args: argparse.Namespace, model: "Model", questions: "list[Question]", found: "Compared", drawn: set[str]
) -> None:
    """The figures that ``drawn``, the names of those made, lacks and the model has something for."""
    from lass.infer.features import attention
    from lass.io.table import read_table
    from lass.report.figures import attention as attention_figure, global_features

    if found.true is None:
        return
    if "features" not in drawn:
        labels = {key: value.split()[0] for key, value in read_table(args.set / "utt2labels") if value}
        classes = [labels.get(question.mix_id, "without a label") for question in questions]
        title = f"Global features of targets in {args.set.name}, {_name(model.folder)}"
        global_features.draw(args.out / "global_features.png", title, found.true, found.found, classes)
        drawn.add("features")
    if "l1" in found.figures and "attention" not in drawn:
        chosen = next((q for q in questions if args.mixture in (None, q.mix_id)), None)
        if chosen is None:
            raise LassError(f"--mixture {args.mixture}: {args.set} has no such mixture")
        title = f'{chosen.mix_id}, asked for "{chosen.text}"'
        attention_figure.draw(args.out / "attention.png", title, *attention(model, chosen))
        drawn.add("attention")


if __name__ == "__main__":
    main()
