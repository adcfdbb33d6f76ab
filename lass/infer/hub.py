"""Models on the Hugging Face hub: found by their id, and pushed when somebody asks for it."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from lass.errors import LassError
from lass.infer.folder import CARD, PATTERNS, SUMS, belongs, check_sums, name_in, shared_files

_NAME = r"\w+(?:[.-]\w+)*"
_REVISION = r"\w+(?:[./-]\w+)*"
_ID = re.compile(f"(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>{_REVISION}))?", re.ASCII)


def find(name: str | Path) -> Path:
    """The folder of a model: ``name`` itself if it is there, else the snapshot of the hub id ``org/name[@revision]``.

    What the hub's cache lacks is downloaded, unless HF_HUB_OFFLINE=1: the files of a model folder and nothing else.

    Raises:
        LassError: ``name`` is neither, or the hub does not give it.
    """
    if Path(name).exists():
        return Path(name)
    match = _ID.fullmatch(str(name))
    if match is None:
        raise LassError(f"{name}: not a model folder (there is none), nor a hub id like org/name or org/name@revision; "
                        "training writes a model folder to exp/<name>/model")
    from huggingface_hub import snapshot_download

    way_out = "check the name and the network; a private model needs a token (hf auth login, or HF_TOKEN)"
    with _one_line(f"{name}: no such folder, and not to be had from the hub", way_out):
        found = snapshot_download(match["repo"], revision=match["revision"], library_name="lass",
                                  allow_patterns=[*PATTERNS, CARD, SUMS], ignore_patterns=["tokenizer.*/*"])
    return Path(found)


def push(folder: Path, repo: str, private: bool = False, endpoint: str | None = None) -> str:
    """Upload a packed model folder to the hub, into a repository that is made if need be.

    The token is the one that huggingface_hub finds: HF_TOKEN, or that of ``hf auth login``.

    Args:
        repo: ``org/name``. Files of an older model there are replaced or removed, others stay.
        private: nobody else may see it; refused for a repository that is public already.
        endpoint: address of another hub than HF_ENDPOINT.

    Returns:
        the address of the repository.
    """
    own = {name_in(folder, path): path for path in shared_files(folder)}
    check_sums(folder)
    match = _ID.fullmatch(repo)
    if match is None or match["revision"]:
        raise LassError(f"{repo!r}: not the name of a repository: write it as ORG/NAME")
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    way_out = f"it needs the network and a token that may write to {repo} (hf auth login, or HF_TOKEN)"
    with _one_line(f"{repo}: not pushed", way_out):
        api = HfApi(endpoint=endpoint, library_name="lass")
        address = api.create_repo(repo, private=private or None, exist_ok=True)
        if private and not api.model_info(repo).private:
            raise LassError(f"{address}: is there and public: make it private in its settings, or give another name")
        old = [name for name in api.list_repo_files(repo) if belongs(name) and name not in own]
        changes = [CommitOperationAdd(name, path) for name, path in own.items()]
        changes += [CommitOperationDelete(name) for name in old]
        api.create_commit(repo, changes, commit_message="Model folder of lass")
    return str(address)


@contextlib.contextmanager
def _one_line(what: str, way_out: str) -> Iterator[None]:
    try:
        yield
    except LassError:
        raise
    except Exception as error:  # of the hub, the network, the disk: each has a family of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise LassError(f"{what} ({reason[:300]}): {way_out}") from None
