"""The table of a retrieval: our recalls both ways, those by chance, and published ones."""

from collections.abc import Mapping

from lass.report.markdown import escape, table

KS = (1, 5, 10)  # HSM-TSS, Table V
ABOUT = """\
Recall at k in %: how often one of what fits is among the k candidates nearest by cosine. A clip is a query, or a
candidate, once. With captions each caption is one, too, and its own clip alone fits it, although others may have the
same words; several captions of a clip are several queries for it, and any of them is right for the clip. With labels
each text is one, and all clips of the label fit it. What is as near as the best that fits counts as nearer. Written by
`lass retrieval`."""


def page(found: Mapping, published: Mapping | None = None) -> str:
    """Markdown.

    Args:
        found: what ``lass retrieval`` writes into results.json.
        published: ``source`` and ``systems``: name -> recalls at ``KS`` in %.
    """
    body = []
    for direction, row in found["directions"].items():
        sizes = (row["queries"], row["candidates"])
        body.append([found["encoder"], direction, *sizes, *(f"{100 * row['recall'][str(k)]:.1f}" for k in KS)])
        body.append(["by chance", direction, *sizes, *(f"{100 * row['chance'][str(k)]:.1f}" for k in KS)])
    header = ["system", "direction", "queries", "candidates", *(f"R@{k}" for k in KS)]
    facts = f"{found['set']}, {found['clips']} clips, asked by {found['query']}."
    if "trained_on" in found:
        facts += f" {found['encoder']} was trained with {found['trained_on']}."
    parts = [f"# Retrieval in {escape(found['set'])}", escape(facts), ABOUT, table(header, body, words=2)]
    if published:
        rows = [[system, published["source"], *map(str, scores)] for system, scores in published["systems"].items()]
        parts += ["## Published rows", table(["system", "source", *header[4:]], rows, words=2)]
    return "\n\n".join(parts) + "\n"
