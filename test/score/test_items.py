import numpy as np
import pytest
import soundfile

from lass.errors import LassError
from lass.io.table import read_table
from lass.metrics.registry import DEFAULT
from lass.score.items import Item, RenderedSet, measure, unique_table


def replace_estimate(rendered, key, path):
    lines = [(k, path if k == key else value) for k, value in read_table(rendered.est_scp)]
    rendered.est_scp.write_text("".join(f"{k} {value}\n" for k, value in lines))


def score(rendered):
    testset = RenderedSet(rendered.set_dir)
    return [measure(job, DEFAULT) for job in testset.jobs(unique_table(rendered.est_scp), "est.scp")]


def test_values(rendered):
    first, second, _ = score(rendered)
    assert (first.mix_id, first.label, first.n_queries) == ("mix1", "bell", 1)
    assert list(first.values.values()) == pytest.approx([20] * 4, abs=1e-3)
    assert second.label == "bell dog"
    assert second.values["sdri"] == pytest.approx(40, abs=1e-2)


def test_queries_of_a_mixture_are_averaged(rendered):
    third = score(rendered)[2]
    assert third.n_queries == 2
    assert third.values["sdri"] == pytest.approx(10, abs=1e-3)


def test_unprocessed_mixture(rendered):
    items = [measure(job, DEFAULT) for job in RenderedSet(rendered.set_dir).jobs(None)]
    assert len(items) == 3
    assert all(item.values["sdri"] == item.values["si_sdri"] == 0 for item in items)
    assert items[0].values["sdr"] == pytest.approx(0, abs=1e-4)


def test_a_mixture_without_all_its_estimates_is_left_out(rendered):
    rendered.est_scp.write_text(rendered.est_scp.read_text().replace("mix3#1", "other#1"))
    assert [item.mix_id for item in score(rendered)] == ["mix1", "mix2"]


def test_plain_mixture_keys_where_one_query_is_asked(many):
    many.est_scp.write_text(many.est_scp.read_text().replace("#0", ""))
    assert len(score(many)) == 12


def test_plain_mixture_key_where_several_queries_are_asked(rendered):
    rendered.est_scp.write_text(rendered.est_scp.read_text().replace("mix3#0", "mix3").replace("mix3#1", "x#1"))
    with pytest.raises(LassError, match="'mix3' is a mixture that is asked in 2 ways.*mix3#0 .. mix3#1"):
        score(rendered)


def test_wrong_length_names_id_and_both_lengths(rendered):
    replace_estimate(rendered, "mix2#0", rendered.wave("short", rendered.target[:-7]))
    with pytest.raises(LassError, match="mix2#0: .*1993 samples.*2000"):
        score(rendered)


def test_wrong_rate_says_how_to_resample(rendered):
    replace_estimate(rendered, "mix2#0", rendered.wave("fast", rendered.target, 16000))
    with pytest.raises(LassError, match="mix2#0: .*16000 Hz, the set 8000 Hz.*sox"):
        score(rendered)


def test_wrong_channels(rendered):
    replace_estimate(rendered, "mix2#0", rendered.wave("stereo", np.stack([rendered.target, rendered.target])))
    with pytest.raises(LassError, match="mix2#0.*2 channel"):
        score(rendered)


def test_channels_are_averaged(rendered):
    job = RenderedSet(rendered.set_dir).jobs(unique_table(rendered.est_scp))[0]
    stereo = rendered.wave("ref2", np.stack([rendered.target, rendered.target]))
    mixture = rendered.wave("mix2ch", np.stack([rendered.target + rendered.interference] * 2))
    leaks = np.array([[0.1], [1.0]])
    estimate = rendered.wave("est2", rendered.target + leaks * rendered.interference)
    item = measure(type(job)("m", "", mixture, stereo, (("m#0", estimate),), rendered.rate), ["sdri"])
    assert item.values["sdri"] == pytest.approx(10, abs=1e-3)


def test_missing_estimate_file_is_named(rendered):
    replace_estimate(rendered, "mix1#0", str(rendered.folder / "gone.wav"))
    with pytest.raises(LassError, match="gone.wav"):
        score(rendered)


def test_estimate_that_is_not_finite(rendered):
    path = rendered.folder / "nan.wav"
    soundfile.write(path, np.full(2000, np.nan, np.float32), rendered.rate, subtype="FLOAT")
    replace_estimate(rendered, "mix1#0", str(path))
    with pytest.raises(LassError, match="nan.wav.*NaN"):
        score(rendered)


def test_duplicate_key_names_file_and_line(rendered):
    rendered.est_scp.write_text(rendered.est_scp.read_text() + "mix1#0 other.wav\n")
    with pytest.raises(LassError, match=r"est.scp:5: key 'mix1#0' occurs twice"):
        unique_table(rendered.est_scp)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ref.scp", "mix1 a.wav\n", "ref.scp: has no line for 'mix2'"),
        ("queries", "mix1#0 a dog\n", "queries: has no line 'mix2#0"),
        ("queries", "mix9#0 a dog\n", "queries: key 'mix9#0' names no mixture"),
        ("wav.scp", "", "wav.scp: is empty"),
    ],
)
def test_faults_of_the_set(rendered, name, content, message):
    (rendered.set_dir / name).write_text(content)
    with pytest.raises(LassError, match=message):
        RenderedSet(rendered.set_dir)


def test_folder_that_is_no_set(tmp_path):
    with pytest.raises(LassError, match="not a rendered test set"):
        RenderedSet(tmp_path)


def test_item_line_round_trip():
    item = Item("mix1", "bell dog", 2, {"sdr": 1.25, "sdri": -0.000001, "pesq_wb": 12.345678})
    assert Item.parse(item.line(), ["sdr", "sdri", "pesq_wb"]) == item
    unlabelled = Item("mix1", "", 1, {"sdr": float("inf")})
    assert Item.parse(unlabelled.line(), ["sdr"]) == unlabelled
    with pytest.raises(ValueError):
        Item.parse(unlabelled.line(), ["sdr", "sdri"])
