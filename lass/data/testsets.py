"""Registered test sets: one yaml each in conf/sets, which tells where lists and audio come from and how to score.

All of them lie below one folder, the benchmark root, laid out as AudioSep's folder ``evaluation``::

    metadata/<list>        published lists
    data/<set>/..          published audio, as it was published
    clips/<corpus>/..      single clips, from which a list rebuilds a set that is not published as audio
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lass import config
from lass.data.leaks import Heard
from lass.data.mixlist import CHOICES
from lass.data.published import Line, ListFile, fill
from lass.data.testset_tags import Tags
from lass.errors import LassError

SETS = Path(__file__).parents[2] / "conf" / "sets"
ROOT = Path(__file__).parents[2] / "benchmark"  # the benchmark root unless another is given
AGGREGATES = ("mean", "class_mean", "class_median")


@dataclass(frozen=True)
class Captions:
    """Captions of clips that the list of the set does not hold: the first of each in other lists.

    Attributes:
        lists: where they are; the name of a clip there is that of the form's target.
        text: template of the caption there.
        target, interferer: templates of those names over the list of the set.
    """

    lists: Sequence[ListFile]
    text: str
    target: str
    interferer: str


@dataclass(frozen=True)
class Mix:
    """How the clips of a line are mixed, for a set that is rebuilt from clips.

    Attributes:
        clips: folder of the benchmark root's ``clips``.
        level: rule and limits, see ``lass.data.levels.draw``; limits may be templates over the list.
        exact: the list holds all that it takes: the result is no other set than the published one.
        join, length, pad: as in a mixture list.
    """

    clips: str
    level: Mapping
    exact: bool = False
    join: str = "sum"
    length: str = "target"
    pad: str = "zero"


@dataclass(frozen=True)
class TestSet:
    """A registered test set.

    Attributes:
        name: of its yaml.
        title: what reports call it.
        expected: mixtures of the whole set.
        sample_rate: Hz, at which it is scored.
        aggregate: "mean" over mixtures; "class_mean", "class_median": mean over classes of the mean, median of each.
        query: what is asked by default, in words: "label", "caption k of k", ..
        list: the list of its mixtures.
        mix_id: template of their ids.
        queries: templates of what is asked, each a query of its own; "{caption}" may come from ``captions``.
        interferer_queries: what the interferer would be asked with, where no other line tells it.
        label: template of the class of the target.
        audio: ``{mixture, target}``, templates of published files below ``data``.
        mix: how it is rebuilt from clips.
        captions: where captions come from that the list does not hold.
        tags: whose AudioSet labels are taken as those of targets and interferers.
        origins: further lists of what is heard in the set, where its own does not tell all origins.
        metrics: names of what is scored; none: what ``lass score`` scores.
        baselines: systems without training that belong into its table, as "wiener" for noisy speech.
        published: blocks ``{source, metrics, systems: {name: [scores]}, note}``.
        note: what a reader must know.
    """

    __test__ = False  # this is no class of tests

    name: str
    title: str
    expected: int
    sample_rate: int
    aggregate: str
    query: str
    list: ListFile
    mix_id: str
    queries: Sequence[str]
    interferer_queries: Sequence[str] = ()
    label: str = ""
    audio: Mapping[str, str] = field(default_factory=dict)
    mix: Mix | None = None
    captions: Captions | None = None
    tags: Tags | None = None
    origins: Sequence[ListFile] = ()
    metrics: Sequence[str] = ()
    baselines: Sequence[str] = ()
    published: Sequence[dict] = ()
    note: str = ""

    @property
    def lists(self) -> list[ListFile]:
        """All lists that tell what is heard in it."""
        return [self.list, *self.origins]

    @property
    def all_lists(self) -> list[ListFile]:
        """Those, and the lists of its captions and tags."""
        return [*self.lists, *(self.captions.lists if self.captions else ()), *(self.tags.lists if self.tags else ())]

    @property
    def sources(self) -> set[str]:
        """Where its clips come from: "youtube", .."""
        clips = [clip for found in self.lists for clip in (found.form.target, *found.form.interferers)]
        return {clip.origin.partition(":")[0] for clip in clips if clip.origin}

    def missing(self, root: Path) -> list[str]:
        """What is to be done to get its lists that are not there; lists that nobody published are not counted."""
        return [what for found in self.lists if found.published and (what := found.missing(root))]

    def heard(self, root: Path) -> Iterator[Heard]:
        """Every clip that is heard in it: those of its own list, if it is there, then as "clip" those of others."""
        for found in self.lists:
            if not found.published and found.missing(root):
                continue
            for line in found.lines(root):
                for k, clip in enumerate(found.form.clips(line)):
                    role = "clip" if found is not self.list else "interferer" if k else "target"
                    yield Heard(self.name, role, clip.clip, clip.origin)

    def captioned(self, root: Path) -> Iterator[Line]:
        """The lines of its list; with ``captions`` they also have the columns caption and interferer_caption."""
        if self.captions is None:
            yield from self.list.lines(root)
            return
        texts: dict[str, str] = {}
        for found in self.captions.lists:
            for line in found.lines(root):
                texts.setdefault(found.form.clips(line)[0].clip, fill(self.captions.text, line))
        for line in self.list.lines(root):
            names = {"caption": self.captions.target, "interferer_caption": self.captions.interferer}
            yield Line(line.where, line.fields | {key: texts.get(fill(name, line), "") for key, name in names.items()})


def read_set(path: Path) -> TestSet:
    """The test set of a yaml file.

    Raises:
        LassError: a key or value that is wrong.
    """
    spec, where = config.read_yaml(path), str(path)
    config.bind(TestSet, spec, where, given=("name",))
    if spec["aggregate"] not in AGGREGATES:
        raise LassError(f"{where}: aggregate {spec['aggregate']!r} is not one of {', '.join(AGGREGATES)}")
    spec["list"] = ListFile.of(spec["list"], f"{where}: list")
    spec["origins"] = [ListFile.of(each, f"{where}: origins") for each in spec.get("origins", ())]
    if spec.get("captions"):
        config.bind(Captions, spec["captions"], f"{where}: captions")
        lists = [ListFile.of(each, f"{where}: captions") for each in spec["captions"]["lists"]]
        spec["captions"] = Captions(**{**spec["captions"], "lists": lists})
    if spec.get("tags"):
        config.bind(Tags, spec["tags"], f"{where}: tags")
        spec["tags"] = Tags(**spec["tags"])
    if spec.get("mix"):
        config.bind(Mix, spec["mix"], f"{where}: mix")
        spec["mix"] = Mix(**spec["mix"])
        for key in ("join", "pad"):
            if getattr(spec["mix"], key) not in CHOICES[key]:
                raise LassError(f"{where}: mix: {key} is not one of {', '.join(CHOICES[key])}")
    return TestSet(name=path.stem, **spec)


def registered() -> dict[str, TestSet]:
    """All sets of conf/sets by name."""
    return {path.stem: read_set(path) for path in sorted(SETS.glob("*.yaml"))}


def find_set(name: str) -> TestSet:
    """A registered set by its name, or the one of a yaml file."""
    if name.endswith(".yaml"):
        return read_set(Path(name))
    known = sorted(path.stem for path in SETS.glob("*.yaml"))
    if name not in known:
        raise LassError(f"{name}: no test set in {SETS}; there are {', '.join(known)}; or give a yaml file")
    return read_set(SETS / f"{name}.yaml")
