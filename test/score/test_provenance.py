import subprocess

from lass.score import provenance


def git(folder, *arguments):
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_commit_and_dirty_flag(tmp_path):
    git(tmp_path, "init")
    assert provenance.commit(tmp_path) == "unknown"  # no commit yet
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "first")
    clean = provenance.commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert provenance.commit(tmp_path) == f"{clean} (dirty)"


def test_folder_inside_another_checkout_is_unknown(tmp_path):
    git(tmp_path, "init")
    inside = tmp_path / "site-packages"
    inside.mkdir()
    assert provenance.commit(inside) == "unknown"


def test_versions():
    found = provenance.versions()
    assert {"python", "numpy", "torch", "soundfile"} <= set(found)
