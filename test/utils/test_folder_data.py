"""utils/folder_data.py: all audio files below folders as a data directory."""

import numpy as np
import pytest
import soundfile

from lass.data.datadir import DataDir
from lass.errors import LassError
from fixtures.scripts import load_script


def test_files_below_folders(tmp_path):
    main = load_script("utils/folder_data.py").main
    for name in ("songs/a b/one.flac", "songs/two.WAV", "talk/one.ogg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, np.zeros(800), 16000)
    (tmp_path / "songs" / "album.wav").mkdir()
    (tmp_path / "songs" / "cover.png").touch()
    arguments = [str(tmp_path / name) for name in ("out", "songs", "talk")]
    main(arguments)
    found = DataDir(tmp_path / "out").wav
    assert [utt for utt, _ in found] == ["clip-songs-a_b-one", "clip-songs-two", "clip-talk-one"]
    assert found["clip-songs-a_b-one"] == str(tmp_path / "songs" / "a b" / "one.flac")
    with pytest.raises(LassError, match="out"):
        main(arguments)


def test_two_files_of_one_name_leave_nothing(tmp_path):
    for name in ("one.flac", "one.wav"):
        soundfile.write(tmp_path / name, np.zeros(800), 16000)
    with pytest.raises(LassError):
        load_script("utils/folder_data.py").main([str(tmp_path / "out"), str(tmp_path)])
    assert not (tmp_path / "out").exists()
