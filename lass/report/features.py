"""The table of a separation in feature space."""

from collections.abc import Mapping, Sequence

from lass.report.markdown import escape, table

COLUMNS = {  # figure -> title
    "cos_mixture": "cos, mixture",
    "cos": "cos, predicted",
    "l1_mixture": "L1, mixture copied",
    "l1": "L1, predicted",
    "l1_true": "L1, true global feature given",
}
ABOUT = """\
Of each mixture: the cosine of its global feature, and of the predicted one, with that of the target; and how far its
AudioMAE patches, those predicted, and those predicted from the target's true global feature are from the target's (mean
absolute difference). Means over n questions, with 95 % bootstrap intervals; "-" is what a model has no stage for.
Removal asks by the interferer's text for the same target. Written by `lass hsm_report`."""


def page(set_dir: str, rows: Sequence[Mapping]) -> str:
    """Markdown.

    Args:
        set_dir: folder of the mixtures.
        rows: ``model``, what it was ``trained`` on, ``task``, ``n`` and ``figures``: name of ``COLUMNS`` -> mean, lower
            and upper end.
    """
    body = [
        [row["model"], row["task"], row["n"], *(_cell(row["figures"].get(name)) for name in COLUMNS)] for row in rows
    ]
    parts = [f"# Separation in feature space: {escape(set_dir)}", ABOUT]
    parts.append(table(["model", "task", "n", *COLUMNS.values()], body, words=2))
    parts.append("\n".join(dict.fromkeys(f"* {escape(row['model'])}: {escape(row['trained'])}" for row in rows)))
    return "\n\n".join(parts) + "\n"


def _cell(found: Sequence[float] | None) -> str:
    return "-" if found is None else "{:.3f} ({:.3f} to {:.3f})".format(*found)
