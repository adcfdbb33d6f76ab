from lass.data.clip_files import ClipFiles


def test_the_place_that_fits(tmp_path):
    """Whatever its order; braces in the name of the folder are no template."""
    root = tmp_path / "{id}"
    for name in ("b/one_3.wav", "a/Ytwo.flac", "b/three_3.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    files = ClipFiles(root, ["a/Y{id}", "b/{id}_{start}"])
    found = {name: files.path(id=name, start=3) for name in ("one", "two", "three", "none")}
    assert found == {"one": f"{root}/b/one_3.wav", "two": f"{root}/a/Ytwo.flac", "three": f"{root}/b/three_3.wav",
                     "none": f"{root}/a/Ynone.flac"}  # fmt: skip
    assert files.find(id="none", start=3) is None
