"""The folder that is looked at: figures, sounds, and ``index.html`` over them."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from lass.errors import LassError
from lass.io.files import write_text
from lass.report.page import media
from lass.report.page.listening import cards, item_table
from lass.report.origin import commands, facts
from lass.report.page.page import Section, page
from lass.report.plan import set_figures, training_figure
from lass.report.published import PublishedRow
from lass.report.results import Experiment
from lass.report.scored import scored_sets
from lass.report.scores import control_lines, definitions, models_of, paper_lines, score_table, set_title
from lass.report.figures.training_curves import event_files

MOST_PLAYED = 40  # mixtures


class Site:
    """Figures, sounds and page of an experiment.

    Args:
        folder: where they go.
        others: experiments whose model is compared with ``first``.

    Raises:
        LassError: a table of a set is missing or does not fit the scores.
    """

    def __init__(
        self, folder: Path, first: Experiment, others: Sequence[Experiment], paper: Mapping[str, Sequence[PublishedRow]]
    ):
        self.folder, self.first, self.others, self.paper = folder, first, others, paper
        self.sets = scored_sets(first, MOST_PLAYED, itertools.count(1))
        self.figures = {name: set_figures(folder, first, others, scored) for name, scored in self.sets.items()}
        self.training = training_figure(folder, [first, *others])
        self.page = folder / "index.html"
        self.drawn = [figure for figures in (*self.figures.values(), self.training) for figure in figures]
        paths = [figure.path for figure in self.drawn]
        if twice := [path for path in paths if paths.count(path) > 1]:
            raise LassError(f"{twice[0]}: two figures have this name: rename the set {twice[0].stem!r}")

    @property
    def inputs(self) -> list[Path]:
        """What the site is made from, but for the audio and ``results.json``."""
        experiments = [self.first, *self.others]
        items = [path for x in experiments for path in x.folder.glob("score/*/*/items.tsv")]
        events = [path for x in experiments for path in event_files(x.folder)]
        return [*items, *events, *(path for scored in self.sets.values() for path in scored.rendered.tables)]

    @property
    def outputs(self) -> list[Path]:
        """The page, the figures, the sounds."""
        return [self.page, *(figure.path for figure in self.drawn), *(self._audio / name for name in self._sounds())]

    @property
    def _audio(self) -> Path:
        return self.folder / media.FOLDER

    def _sounds(self) -> list[str]:
        return [name for scored in self.sets.values() for x in scored.chosen for name in media.file_names(x.stem)]

    def write(self) -> None:
        """Write all, the page last; then remove sounds of an older page."""
        for figure in self.drawn:
            figure.draw(figure.path)
        for scored in self.sets.values():
            for chosen in scored.chosen:
                media.write(self._audio, chosen.stem, scored.rendered.read(chosen.item.mix_id))
        write_text(self.page, page(self.first.name, list(map(self._section, self.first.results)), self.training))
        media.remove_others(self._audio, self._sounds())

    def _section(self, name: str) -> Section:
        systems, paper = self.first.results[name], self.paper.get(name, ())
        others = models_of(self.others, name)
        scored = definitions([*systems.values(), *(found for _, found in others)], paper)
        notes = [*control_lines(systems), *paper_lines(paper), *scored]
        scores = score_table(systems, others, paper)
        section = Section(set_title(name, systems), scores, notes, facts(systems), commands(systems))
        if scored := self.sets.get(name):
            section.figures = self.figures[name]
            section.cards = cards(scored) if scored.chosen else None
            section.items = item_table(scored)
        return section
