"""The recipe of WavCaps on the miniature of test/corpora."""

import json
import tracemalloc
from pathlib import Path

import pytest

from corpora import wavcaps
from fixtures.scripts import load_script
from lass.bin import data as data_command
from lass.bin import format as format_command
from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io.archives import unpack

RECIPE = Path(__file__).parents[2] / "egs" / "wavcaps" / "local" / "data.py"
data = load_script("egs/wavcaps/local/data.py")
ALL, NO = " ".join(wavcaps.SECONDS), "none"


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Lists where they are published, archives unpacked."""
    root = tmp_path / "root"
    for name, content in wavcaps.publish(tmp_path / "made", None).items():
        if name in data.CORPUS.files:
            path = root / data.CORPUS.files[name].name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for source in wavcaps.SECONDS:
        unpack(tmp_path / "made" / source / f"{source}.zip", root / source)
    return root


def prepare(corpus: Path, sources: str = ALL, blacklists: str = "test_ac", longest: str = "2") -> dict:
    return {name: list(rows) for name, rows in data.prepare(corpus, sources, blacklists, longest).items()}


def test_origins_and_files(corpus):
    rows = {row.utt: row for row in prepare(corpus)["train"]}
    dashes = rows["wavcaps-AudioSet_SL-Y--0123456_8"]
    assert dashes.origin == "youtube:--0123456_8" and dashes.audio.endswith("AudioSet_SL_flac/Y--0123456_8.flac")
    assert Path(dashes.audio).is_file() and dashes.segment is None
    assert dashes.captions == ["A sound of Y--0123456_8.wav, as a model wrote it \U0001f50a."]
    assert rows["wavcaps-FreeSound-4"].origin == "freesound:4"
    assert {row.origin.partition(":")[0] for row in rows.values()} == {"youtube", "freesound", "bbc", "soundbible"}


def test_long_clips_are_cut_into_equal_parts(corpus, tmp_path):
    rows = {row.utt: row.segment for row in prepare(corpus)["train"]}
    assert rows["wavcaps-FreeSound-180913-0"] == (0, 1.5) and rows["wavcaps-FreeSound-180913-1"] == (1.5, 3)
    assert sum("NHU05104134" in utt for utt in rows) == 3
    assert {row.segment for row in prepare(corpus, longest="5")["train"]} == {None}
    given = [f"sources={ALL}", "blacklists=test_ac", "longest=2", "--leaks", "paper"]
    data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(corpus), *given])
    format_command.main([str(tmp_path / "out" / "train"), str(tmp_path / "train"), "--store", str(tmp_path / "store")])
    clips = DataDir(tmp_path / "train")
    assert len(clips) == 12 and clips.num_samples["wavcaps-FreeSound-180913-1"] == str(round(1.5 * 32000))


def test_sets_by_origin(corpus):
    sets = prepare(corpus)
    assert [row.origin.partition(":")[2] for row in sets["valid"]] == ["402", "536"]
    assert [row.origin.partition(":")[2] for row in sets["test"]] == ["924", "1193"]


def test_blacklists(corpus, capsys):
    left = {row.utt for row in prepare(corpus)["train"]}
    assert "AudioSet_SL: 4 clips listed, 108317 published, 1 on blacklists" in capsys.readouterr().out
    everything = {row.utt for row in prepare(corpus, blacklists=NO)["train"]}
    assert everything - left == {"wavcaps-AudioSet_SL-YonAudioCaps", "wavcaps-FreeSound-onClotho"}


def test_some_sources(corpus):
    rows = prepare(corpus, sources="SoundBible BBC_Sound_Effects")["train"]
    assert {row.origin.partition(":")[0] for row in rows} == {"bbc", "soundbible"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sources": "SoundBible Bible"}, "--sources SoundBible Bible: 'Bible' is none of AudioSet_SL, "),
        ({"sources": ""}, "--sources : '' is none of"),
        ({"blacklists": "ac"}, "--blacklists ac: no 'ac'; there are test_ac, all_ac, ub8k_esc50_vggsound, or none"),
        ({"longest": "0"}, "--longest 0: expected a number of seconds"),
        ({"longest": "a minute"}, "--longest a minute: expected"),
    ],
)
def test_wrong_options(corpus, options, message):
    with pytest.raises(LassError, match=message):
        prepare(corpus, **options)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"id": "83"', '"id": "../83"', "sb_final.json: clip 5: '../83' is no name of a file"),
        ('"duration": 1.0', '"duration": "long"', "clip 1: '2219' is no name of a file, or its duration is no number"),
        ('"caption": "A sound of\\n2219', '"title": "x', "sb_final.json: clip 1 has no caption: get the list again"),
        ('"id": "83"', '"id" "83"', "sb_final.json: damaged after clip 4"),
        ('"data"', '"clips"', "sb_final.json: no clips below 'data'"),
    ],
)
def test_damaged_lists(corpus, old, new, message):
    path = corpus / data.CORPUS.files["SoundBible"].name
    text = path.read_text(encoding="utf-8")
    assert old.replace("\n", "\\n") in text
    path.write_text(text.replace(old.replace("\n", "\\n"), new), encoding="utf-8")
    with pytest.raises(LassError, match=message):
        prepare(corpus)


def test_damaged_blacklist(corpus):
    (corpus / data.CORPUS.files["exclude_test_ac"].name).write_text('{"AudioSet": []}')
    with pytest.raises(LassError, match="blacklist_exclude_test_ac.json: not a blacklist of WavCaps"):
        prepare(corpus)


def test_a_long_list_streams(corpus):
    """40 000 clips with long descriptions, 50 MB, take up no memory."""
    clip = {"id": "2219", "description": "x" * 1000, "caption": "a sound", "duration": 1.0}
    lines = (json.dumps(clip | {"id": str(n)}) for n in range(40_000))
    path = corpus / data.CORPUS.files["SoundBible"].name
    path.write_text('{"num_captions_per_audio": 1, "data": [' + ",\n".join(lines) + "]}")
    rows = data.prepare(corpus, "SoundBible", "none", "60")["train"]
    tracemalloc.start()
    count = sum(1 for _ in rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 39_800 and peak < 2e6


def test_numbers_as_published():
    assert sum(data.CORPUS.clips.values()) == 403050
