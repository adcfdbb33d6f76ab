from lass.data.datadir import Row, write_data_dir
from lass.data.leaks import shared_origins


def make_sets(folder, **origins: list[str]):
    for name, found in origins.items():
        write_data_dir(folder / name, [Row(f"c{i}", "x.wav", origin=origin) for i, origin in enumerate(found)])
    return [folder / name for name in origins]


def test_sets_without_common_origins(tmp_path):
    # the same id of another source is another recording; two parts of one recording may lie in one set
    folders = make_sets(
        tmp_path,
        train=["freesound:1", "freesound:2:0:5", "freesound:2:5:5"],
        valid=["youtube:1", "freesound:12"],
        test=["", ""],
    )
    assert shared_origins(folders) == []


def test_another_part_of_the_same_recording_is_a_leak(tmp_path):
    train, valid, test = folders = make_sets(
        tmp_path,
        train=["youtube:abc:0:10", "youtube:b", "youtube:zz"],
        valid=["youtube:c"],
        test=["youtube:zz", "youtube:abc:30:10", "youtube:new"],
    )
    assert shared_origins(folders) == [f"{train} and {test} share 2 origins, for example youtube:abc"]
    assert shared_origins([valid, test]) == []


def test_each_pair_has_its_line(tmp_path):
    folders = make_sets(tmp_path, a=["s:1"], b=["s:1"], c=["s:1"])
    assert len(shared_origins(folders)) == 3
    assert len(shared_origins(folders, set(folders[:2]))) == 2 and not shared_origins(folders, folders)
    assert len(shared_origins(folders, folders[:1], folders[1:])) == 2
