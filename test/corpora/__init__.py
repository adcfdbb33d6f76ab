"""Miniature corpora in the formats in which they are published, for test/recipes/test_every_recipe.py.

A module a recipe, of its name::

    OPTIONS = ("--subset", "esc10")            # of run.sh
    CLIPS = {"train": 18, "valid": 6}          # what stage data is to find; sets that it does not name are not compared
    MISSING = {"train": 1}                     # what it is to miss; none where it is not named

    def publish(folder: Path, yt_dlp: StandIn) -> dict[str, bytes]

``publish`` returns the files of conf/corpus.yaml by their names there; what YouTube has is told to the stand-in.
"""
