"""The table of a linear probe: accuracy of what was trained, of what was not, and published ones."""

from collections.abc import Mapping

from lass.report.markdown import escape, table

SYSTEMS = {  # name of features -> what they are
    "trained": "encoder, mean over patches",
    "trained_bands": "encoder, mean over time",
    "random": "random encoder, mean over patches",
    "random_bands": "random encoder, mean over time",
    "log_mel": "log-mel statistics",
}
ABOUT = """\
Accuracy in % with its 95 % bootstrap interval, of logistic regression on standardised frozen features: means of the
local features over all patches, or over time with the bands of patches side by side, as MW-MAE is probed. The random
encoder has the same shape and was never trained. Log-mel statistics: mean and deviation of each band over time. Padding
behind a short clip does not count. n clips of N were found. Written by `lass probe`."""


def page(found: Mapping, published: Mapping | None = None) -> str:
    """Markdown.

    Args:
        found: what ``lass probe`` writes into results.json.
        published: ``source``, ``note`` and ``systems``: name -> accuracy in %.
    """
    count = f"{found['n_found']}/{found['n_expected']}"
    body = [
        [SYSTEMS[name], count, f"{100 * row['accuracy']:.1f} ({100 * row['low']:.1f}, {100 * row['high']:.1f})"]
        for name, row in found["systems"].items()
    ]
    if published:
        body += [[f"paper: {system}", "", str(score)] for system, score in published["systems"].items()]
    chance = f"{found['classes']} classes; {100 * found['chance']:.1f} % by always saying the most frequent one."
    runs = [f"* {escape(run['test'])} ({run['clips']} clips), heard by {escape(run['part'])}, which was trained with "
            f"{escape(run['trained_on'])}; linear layer: {escape(', '.join(run['train']))}" for run in found["runs"]]
    parts = ["# Linear probe of local features", ABOUT, table(("features", "n/N", "accuracy"), body), escape(chance)]
    parts.append("\n".join(runs))
    if published:
        parts.append(escape(f"Paper rows: {published['source']}; {published['note']}"))
    return "\n\n".join(parts) + "\n"
