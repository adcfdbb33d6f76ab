"""Part of the page: cards with players of chosen mixtures, and the table of all mixtures."""

import math
from collections.abc import Mapping
from itertools import groupby
from urllib.parse import quote

from lass.metrics.registry import known, leading
from lass.report.chosen import GROUPS, Chosen
from lass.report.clips import RenderedSet
from lass.report.page.markup import Markup, tag, void
from lass.report.page.media import FOLDER, ROLES
from lass.report.results import Item
from lass.report.scored import ScoredSet

WORDS = ("mixture", "target", "interferer", "query")


def cards(scored: ScoredSet) -> Markup:
    """Cards of the mixtures that are played, under a heading a group."""
    parts = []
    for group, entries in groupby(scored.chosen, key=lambda entry: entry.group):
        parts += [tag("h4", GROUPS[group]), *(_card(entry, scored.rendered) for entry in entries)]
    return tag("div", *parts)


def _card(chosen: Chosen, rendered: RenderedSet) -> Markup:
    item = chosen.item
    first = leading(list(item.values))
    scores = {known(name).title: (item.values[name], known(name).unit) for name in (first, *item.values)}
    scores["input SNR"] = item.input_snr, "dB"
    removed = " is removed" if rendered.tasks.get(item.mix_id) == "removal" else ""
    several = f" · scores: mean of {item.n_queries} queries, played: the first" if item.n_queries > 1 else ""
    interferers = rendered.name(rendered.interferers.get(item.mix_id, ()))
    facts = [f"target {rendered.name(item.labels)}"] if item.labels else []
    facts += [f"interferer {interferers}"] if interferers else []
    rate, samples = rendered.shape(item.mix_id)
    axes = tag("span", f"{rate / 2000:g} kHz", class_="hertz"), tag("span", f"{samples / rate:.1f} s", class_="seconds")
    tracks = []
    for role in ROLES:
        source = quote(f"{FOLDER}/{chosen.stem}-{role}")
        image = void("img", src=f"{source}.png", alt=f"spectrogram of the {role}", width=320, height=128)
        player = {"src": f"{source}.flac", "controls": True, "preload": "none", "aria_label": f"{role} {item.mix_id}"}
        parts = tag("figcaption", role), tag("div", image, *axes, class_="plot"), tag("audio", **player)
        tracks.append(tag("figure", *parts))
    return tag(
        "article",
        tag("header", tag("h5", f"“{rendered.query(item.mix_id)}”{removed}"), _scores(scores)),
        tag("p", " · ".join([*facts, f"mixture {item.mix_id}"]) + several, class_="soft"),
        tag("div", *tracks, class_="tracks"),
        class_=f"card {chosen.group}",
        id=chosen.stem,
    )


def _scores(scores: Mapping[str, tuple[float, str]]) -> Markup:
    pairs = [
        tag("div", tag("dt", name), tag("dd", f"{value:z.2f} {unit}".strip()))
        for name, (value, unit) in scores.items()
        if math.isfinite(value)
    ]
    return tag("dl", *pairs, class_="scores")


def item_table(scored: ScoredSet) -> Markup:
    """A table of all mixtures that sorts by each column; those that are played are links to their cards."""
    metrics = {name: known(name).title for name in scored.items[0].values}
    columns = dict(zip(WORDS[:3], WORDS)) | {"input_snr": "input SNR"} | metrics | {"query": "query"}  # key -> title
    head = [
        tag("th", tag("button", title, type="button"), scope="col", data_key=key,
            class_=None if key in WORDS else "number")
        for key, title in columns.items()
    ]  # fmt: skip
    cards = {chosen.item.mix_id: chosen.stem for chosen in scored.chosen}
    body = [_row(item, scored.rendered, cards.get(item.mix_id)) for item in scored.items]
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
    return tag("div", table, class_="scroll tall", tabindex=0, role="region", aria_label="All mixtures")


def _row(item: Item, rendered: RenderedSet, card: str | None) -> Markup:
    name = tag("a", item.mix_id, href=f"#{quote(card)}") if card else item.mix_id
    interferers = rendered.name(rendered.interferers.get(item.mix_id, ()))
    values = [item.input_snr, *item.values.values()]
    return tag(
        "tr",
        *(tag("td", cell) for cell in (name, rendered.name(item.labels), interferers)),
        *(tag("td", f"{value:z.2f}" if math.isfinite(value) else "", class_="number") for value in values),
        tag("td", rendered.query(item.mix_id), class_="text"),
    )
