"""Stage embed of a training: what its query encoder has to know before the first step."""

import functools
from collections.abc import Sequence
from pathlib import Path

import torch

from lass.data.datadir import DataDir
from lass.data.mixtures import is_whole
from lass.data.rendered import read_questions
from lass.io import stamp
from lass.io.audio import AudioError
from lass.io.files import write_text
from lass.queries import clips, frames
from lass.queries.cache import TextEmbeddingCache
from lass.queries.pca import PcaClap
from lass.queries.store import cache_name
from lass.train.classes import learn_classes
from lass.train.clips import embed_clips
from lass.train.components import learn_components
from lass.train.experiment import manifests
from lass.train.frames import embed_frames
from lass.train.initial import starting_tokenizer
from lass.train.share import Share, sets_asked_by
from lass.train.system import build_manipulation, build_model, check, rules, training_set


class Embedding:
    """The encoder and separator of a configuration; the encoder has heard its classes, or found its components.

    Args:
        config: resolved configuration.
        folder: ``embed/`` of the experiment.
        data_root: folder of the sets.
    """

    def __init__(self, config: dict, folder: Path, data_root: Path):
        check(config)
        self.config, self.folder, self.data_root = config, folder, data_root
        self.encoder, self.separator = build_model(config)
        self.encoder.to("cuda" if torch.cuda.is_available() else "cpu")
        sets = [DataDir(data_root / str(entry.get("dir"))) for entry in config["data"]["sets"]]
        if self.encoder.examples:
            learn_classes(self.encoder, sets, config, folder)
        if isinstance(self.encoder, PcaClap):
            learn_components(self.encoder, sets, rules(config), config, folder)

    def has_files(self) -> bool:
        """Whether all clips and videos were embedded, maybe for another experiment: looking at each takes long."""
        return self._files_done.exists()

    def embed_share(self, share: Share) -> str:
        """Embed a share of the clips and videos. What cannot be used is left to ``run``, which lists it."""
        seen = frames.FrameEmbeddingCache(self._cache / frames.FOLDER)
        for data in sets_asked_by("image", self.config, self.data_root):
            if data.video is not None:
                seen.add(self.encoder, share.values(data.video), merge=False)
        heard = clips.ClipEmbeddingCache(self._cache / clips.FOLDER)
        for data in self._heard:
            heard.add(self.encoder, filter(self._is_whole, heard.missing(share.values(data.wav))), merge=False)
        failed = len(seen.failures) + len(heard.failures)
        return f"{self._cache}: share {share.job} of {share.num_jobs} embedded, {failed} files failed"

    def run(self) -> None:
        """Embed what is missing; or make the tokenizer of an encoder that trains along."""
        for data in sets_asked_by("image", self.config, self.data_root):
            print(embed_frames(self.encoder, data, self._cache / frames.FOLDER))
        texts = sorted(set(training_set(self.config, self.data_root, self.separator).texts()))
        if self.separator.reads_tokens:
            return print(f"{self.folder}: texts are read when they are asked, nothing to embed")
        if not self.encoder.frozen:
            return self._make_tokenizer(texts)
        for data in self._heard:
            embed_clips(self.encoder, data, self._cache / clips.FOLDER, self._is_whole)
        texts += [question.text for question in read_questions(self.data_root / self.config["data"]["valid"])]
        TextEmbeddingCache(self._cache).add(self.encoder, texts)
        print(f"{self._cache}: embeddings of {len(set(texts))} distinct texts")
        write_text(self._files_done, "")

    def _make_tokenizer(self, texts: Sequence[str]) -> None:
        if tokenizer := starting_tokenizer(self.config):
            self.encoder.load_assets(tokenizer)
        else:
            self.encoder.fit(texts)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.encoder.save_assets(self.folder)
        origin = f"that of {tokenizer}" if tokenizer else f"of {len(texts)} distinct texts"
        print(f"{self.folder}: tokenizer {origin}")

    @functools.cached_property
    def _cache(self) -> Path:
        return self.data_root / "embed" / cache_name(self.encoder)

    @property
    def _files_done(self) -> Path:
        inputs = manifests(self.config, self.data_root, ("wav.scp", "video.scp"), "queries")
        options = {name: self.config.get(name) for name in ("data", "query", "manipulation")}
        return self._cache / f".files-{stamp.digest(options | {'rate': self.separator.sample_rate}, inputs)}"

    @functools.cached_property
    def _heard(self) -> list[DataDir]:
        """Sets whose whole clips are asked for."""
        hears = build_manipulation(self.config).hears  # each time in another way
        return [] if hears else sets_asked_by("audio", self.config, self.data_root)

    def _is_whole(self, clip: str) -> bool:
        data, rate = self.config["data"], self.separator.sample_rate
        try:
            return is_whole(clip, round(data["segment"] * rate), rate, data.get("speed", (1.0, 1.0)))
        except AudioError:
            return True  # who embeds it tells the reason
