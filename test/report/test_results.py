import pytest

from lass.errors import LassError
from lass.report.results import Experiment, Item, collect, main_system, read_items


def test_scored_experiment(experiment):
    found = Experiment(experiment)
    assert found.name == "exp"
    assert list(found.results["test"]) == ["mixture", "model", "control_interferer"]
    items = found.items("test", "model")
    assert [item.mix_id for item in items] == ["m1", "m2", "m3", "m4", "m5"]
    assert items[1].labels == ("dog",)
    assert items[1].values["sdri"] == pytest.approx(20, abs=0.01) and items[1].input_snr == pytest.approx(0, abs=0.01)


def test_labels_and_input_snr_of_a_row(tmp_path):
    path = tmp_path / "items.tsv"
    path.write_text("mix_id\tlabel\tn_queries\tsdr\tsdri\tsi_sdr\tsi_sdri\nm1\tbell dog\t2\t1.5\t4\t3\t-1\n")
    assert read_items(path) == [
        Item("m1", ("bell", "dog"), 2, {"sdr": 1.5, "sdri": 4, "si_sdr": 3, "si_sdri": -1})
    ]
    assert read_items(path)[0].input_snr == -2.5


@pytest.mark.parametrize("header", ["mix_id\tsdr", "mix_id\tlabel\tn_queries\tsdr\tsdri\tsi_sdr\tsi_sdri"])
def test_damaged_items_are_named(tmp_path, header):
    (tmp_path / "items.tsv").write_text(f"{header}\nm1\t1\n")
    with pytest.raises(LassError, match="items.tsv: damaged .*score again"):
        read_items(tmp_path / "items.tsv")


def test_items_that_are_gone(tmp_path):
    with pytest.raises(LassError, match="items.tsv: cannot open .*score again"):
        read_items(tmp_path / "items.tsv")


def test_nothing_scored(tmp_path):
    with pytest.raises(LassError, match="run stage score first"):
        collect(tmp_path)


@pytest.mark.parametrize("damage", ["{", "3", "{}"])
def test_damaged_results_are_named(experiment, damage):
    (experiment / "score/test/model/results.json").write_text(damage)
    with pytest.raises(LassError, match="model/results.json: .*score again"):
        collect(experiment)


def test_the_system_that_is_shown():
    assert main_system({"aaa": {}, "control_constant": {}, "model": {}}) == "model"
    assert main_system({"mixture": {}, "control_constant": {}, "theirs": {}}) == "theirs"
    assert main_system({"mixture": {}, "control_constant": {}}) is None
