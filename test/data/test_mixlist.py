from collections import defaultdict
from dataclasses import replace

import pytest

from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.mixlist import COLUMNS, Mixture, Segment, draw_mixlist, read_mixlist, write_mixlist
from lass.errors import LassError

LEVEL = {"rule": "snr", "low": -5, "high": 5}
QUERY = {"source": "labels"}
MIXTURE = Mixture(
    "a-m0", Segment("a", 1.5, 2.0), (Segment("b"), Segment("c", 0.0, 0.25)), "concat", "2.5", "loop",
    "lufs", {"lufs": [-30.5, -28.0]}, "removal", ('say "hi"\tor\n', "雨 \u2028"), ("l1", "/m/01"),
)  # fmt: skip


def make_set(folder, labels: dict[str, list[str]]) -> DataDir:
    rows = [Row(utt, f"{utt}.wav", [f"caption of {utt}"], {x: x.title() for x in ids}) for utt, ids in labels.items()]
    write_data_dir(folder, rows)
    return DataDir(folder)


@pytest.fixture
def data(tmp_path) -> DataDir:
    """Twenty clips of the labels l0 to l4; two also have a label of another clip."""
    labels = {f"c{i:02d}": [f"l{i % 5}"] for i in range(20)}
    labels["c00"].append("l1")
    labels["c07"].append("l3")
    return make_set(tmp_path / "set", labels)


def test_round_trip(tmp_path):
    mixtures = [replace(MIXTURE, mix_id=name) for name in ("b", "a.1", "A")]
    write_mixlist(tmp_path / "new" / "mixlist.tsv", mixtures)
    found = read_mixlist(tmp_path / "new" / "mixlist.tsv")
    assert [m.mix_id for m in found] == ["A", "a.1", "b"]  # as LC_ALL=C sorts
    assert found == sorted(mixtures, key=lambda m: m.mix_id)
    lines = (tmp_path / "new" / "mixlist.tsv").read_text(encoding="utf-8").split("\n")
    assert lines[0].split("\t") == list(COLUMNS) and len(lines) == 5 and lines[-1] == ""


@pytest.mark.parametrize("start", [0.0, 1 / 32000, 3599.999969, 12.3456789])
def test_a_segment_keeps_its_start_to_the_sample(start):
    segment = Segment("a", start, 2.5)
    assert abs(Segment.parse(str(segment)).start - start) < 0.01 / 48000
    assert Segment.parse(str(Segment("a"))) == Segment("a")


def test_every_clip_is_a_target(data):
    mixtures = draw_mixlist(data, LEVEL, QUERY, mixtures_per_target=3, interferers=2, seed=1)
    assert len(mixtures) == 60 and len({m.mix_id for m in mixtures}) == 60
    interferers = defaultdict(list)
    for m in mixtures:
        utts = [m.target.utt, *(s.utt for s in m.interferers)]
        labels = [label for utt in utts for label in data.labels_of(utt)]
        assert len(labels) == len(set(labels)), "the sources of a mixture share a label"
        interferers[m.target.utt] += utts[1:]
        assert m.labels == tuple(data.labels_of(m.target.utt))
        assert m.queries == tuple(data.labels[label] for label in m.labels)
        assert -5 <= m.params["snr"] <= 5
        assert (m.join, m.length, m.pad, m.level, m.task) == ("sum", "target", "zero", "snr", "extraction")
    assert {utt: len(set(others)) for utt, others in interferers.items()} == {utt: 6 for utt, _ in data.wav}


def test_draws_depend_on_the_seed_alone(data):
    one, again = (draw_mixlist(data, LEVEL, QUERY, 2, seed=1) for _ in range(2))
    assert one == again
    other = draw_mixlist(data, LEVEL, QUERY, 2, seed=2)
    assert sum(a.interferers != b.interferers for a, b in zip(one, other, strict=True)) > 20
    longer = draw_mixlist(data, LEVEL, QUERY, 3, seed=1)
    assert [m for m in longer if not m.mix_id.endswith("-m2")] == one


def test_partners_are_spread_over_the_set(data):
    mixtures = draw_mixlist(data, LEVEL, QUERY, 5, seed=0)
    asked = {m.interferers[0].utt for m in mixtures}
    assert len(asked) >= 18


def test_captions_as_queries(data):
    (first, *_) = draw_mixlist(data, LEVEL, {"source": "caption", "template": ["{}", "hear {}"]}, 1)
    assert first.queries == ("caption of c00", "hear caption of c00")


def test_joined_interferers(data):
    """Two clips one after the other are one source: their level is one draw."""
    level = {"rule": "lufs", "low": -35, "high": -25}
    mixtures = draw_mixlist(data, level, QUERY, 1, interferers=2, join="concat")
    assert {(m.join, len(m.interferers), len(m.params["lufs"])) for m in mixtures} == {("concat", 2, 2)}
    with pytest.raises(LassError, match="join 'and' is not one of sum, concat"):
        draw_mixlist(data, LEVEL, QUERY, 1, join="and")


def test_too_few_labels(tmp_path):
    data = make_set(tmp_path / "set", {"a": ["l1"], "b": ["l1"], "c": ["l2"]})
    with pytest.raises(LassError, match=r"no 1 interferer\(s\) with labels of their own for a after 1000 draws"):
        draw_mixlist(data, LEVEL, QUERY, 2)
    with pytest.raises(LassError, match=r"no 2 interferer\(s\)"):
        draw_mixlist(data, LEVEL, QUERY, 1, interferers=2)


def test_wrong_settings_end_before_the_first_draw(data):
    with pytest.raises(LassError, match="expected rule"):
        draw_mixlist(data, {"low": 1, "high": 2}, QUERY, 1)
    with pytest.raises(LassError, match="query: unknown key 'src'"):
        draw_mixlist(data, LEVEL, {"src": "labels"}, 1)
    with pytest.raises(LassError, match="a mixture needs at least one"):
        draw_mixlist(data, LEVEL, QUERY, 1, interferers=0)


def test_a_clip_without_the_text_that_is_asked_for(tmp_path):
    write_data_dir(tmp_path / "set", [Row("a", "a.wav", ["x"], {"l": "L"}), Row("b", "b.wav", [], {"m": "M"})])
    with pytest.raises(LassError, match="b has no caption, which the query rule asks for"):
        draw_mixlist(DataDir(tmp_path / "set"), LEVEL, {"source": "caption"}, 1)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("mix_id", "../a", "mix_id '../a' does not begin with a letter"),
        ("mix_id", "", "mix_id '' does not"),
        ("target", "a:1", "'a:1' is not utt or utt:start:duration"),
        ("target", "a:-1:2", "'a:-1:2': start and duration must be seconds"),
        ("target", "a:0:nan", "start and duration must be seconds"),
        ("interferers", "b", "Expecting value"),
        ("interferers", '"b"', "is not a JSON list of texts"),
        ("interferers", "[]", "needs at least one interferer and one query"),
        ("interferers", '["b:0:0"]', "the duration above 0"),
        ("join", "add", "join 'add' is not one of sum, concat"),
        ("length", "-1", "length '-1' is neither 'target' nor seconds"),
        ("length", "inf", "length 'inf' is neither"),
        ("length", "long", "could not convert string to float: 'long'"),
        ("pad", "cut", "pad 'cut' is not one of zero, loop"),
        ("level", "loud", "level 'loud' is not one of"),
        ("params", "[1]", "is not a JSON object"),
        ("task", "both", "task 'both' is not one of extraction, removal"),
        ("queries", "[1]", "is not a JSON list of texts"),
        ("queries", "[]", "needs at least one interferer and one query"),
        ("labels", '["a"]\tx', "12 columns, expected 11"),
        ("labels", "{}", "is not a JSON list"),
    ],
)
def test_errors_name_file_line_and_value(tmp_path, column, value, message):
    path = tmp_path / "mixlist.tsv"
    write_mixlist(path, [MIXTURE, replace(MIXTURE, mix_id="b-m0")])
    lines = path.read_text(encoding="utf-8").split("\n")
    fields = lines[2].split("\t")
    fields[COLUMNS.index(column)] = value
    path.write_text("\n".join([*lines[:2], "\t".join(fields), ""]), encoding="utf-8")
    with pytest.raises(LassError) as error:
        read_mixlist(path)
    assert str(error.value).startswith(f"{path}:3: ") and message in str(error.value)


def test_errors_of_the_file(tmp_path):
    path = tmp_path / "mixlist.tsv"
    with pytest.raises(LassError, match="no such mixture list; lass make_mixlist makes one"):
        read_mixlist(path)
    path.write_text("mix_id target\n", encoding="utf-8")
    with pytest.raises(LassError, match="mixlist.tsv:1: the header must be mix_id target interferers"):
        read_mixlist(path)
    write_mixlist(path, [MIXTURE])
    path.write_text(path.read_text(encoding="utf-8") + path.read_text(encoding="utf-8").split("\n")[1] + "\n")
    with pytest.raises(LassError, match="mixlist.tsv:3: a-m0 stands twice"):
        read_mixlist(path)


def test_parameters_survive_the_file_exactly(tmp_path, data):
    for level in ({"rule": "lufs", "low": -35, "high": -25}, {"rule": "released", "low": -10, "high": 10}):
        drawn = draw_mixlist(data, level, QUERY, 2, seed=7)
        write_mixlist(tmp_path / "mixlist.tsv", drawn)
        assert read_mixlist(tmp_path / "mixlist.tsv") == sorted(drawn, key=lambda m: m.mix_id)


@pytest.mark.parametrize(("targets", "expected"), [(None, 6), (4, 4), (10, 6)])
def test_a_number_of_targets(targets, expected, six):
    settings = {"level": {"rule": "snr", "low": 0, "high": 0}, "query": {"source": "caption"}}
    settings |= {"mixtures_per_target": 2, "seed": 1}
    every, found = (draw_mixlist(six, **settings, targets=number) for number in (None, targets))
    assert len({m.target for m in found}) == expected and len(found) == 2 * expected
    assert set(map(str, found)) <= set(map(str, every))  # those of a target do not depend on which others are drawn
    other = draw_mixlist(six, **settings | {"seed": 3}, targets=4)
    assert targets != 4 or {m.target for m in found} != {m.target for m in other}


@pytest.mark.parametrize("targets", [0, -1, 2.5, True])
def test_targets_that_are_no_number(targets, six):
    with pytest.raises(LassError, match="not a number of clips"):
        draw_mixlist(six, {"rule": "snr", "low": 0, "high": 0}, {"source": "caption"}, 1, targets=targets)
