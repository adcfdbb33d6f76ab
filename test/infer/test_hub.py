"""`lass push` and models by hub id, against a hub on loopback that speaks the requests of huggingface_hub."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import yaml

from lass.errors import LassError
from lass.infer import hub
from lass.infer.card import front_matter
from lass.io.files import write_text

TOKEN = "hf_writer"
MODEL = ["README.md", "SHA256SUMS", "config.yaml", "model.safetensors", "tokenizer.model"]


class StubHub(ThreadingHTTPServer):
    """Repositories in memory: ``{"org/name": {"private": bool, "commits": [(sha, {path: bytes})]}}``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Requests)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.repos, self.objects = {}, {}

    def commit(self, repo: str, files: dict[str, bytes]) -> str:
        commits = self.repos.setdefault(repo, {"private": False, "commits": []})["commits"]
        commits.append((hashlib.sha1(f"{repo} {len(commits)}".encode()).hexdigest(), files))
        return commits[-1][0]


class Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def reply(self, status: int, content: object = None, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fault(self, status: int, message: str, code: str = "") -> None:
        self.reply(status, {"error": message}, X_Error_Message=message, X_Error_Code=code)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if match := re.fullmatch("/cdn/([0-9a-f]{64})", path):
            return self.reply(200, self.server.objects[match[1]])
        match = re.fullmatch("(?:/api/models)?/(org/[^/]+)(?:/(revision|tree|resolve)/([^/]+)(?:/(.+))?)?", path)
        if not match or match[1] not in self.server.repos:
            return self.fault(401, "Invalid username or password.")  # what the hub tells strangers
        name, what, revision, file = match.groups()
        repo = self.server.repos[name]
        commits = dict(repo["commits"])
        sha = repo["commits"][-1][0] if revision in (None, "main") else revision
        if sha not in commits:
            return self.fault(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        if what == "tree":
            return self.reply(200, [entry(*item) for item in commits[sha].items()])
        if what == "resolve":
            return self.resolve(sha, file, commits[sha][file])
        self.reply(200, {"_id": "0", "id": name, "sha": sha, "private": repo["private"], "tags": [], "siblings": []})

    do_HEAD = do_GET

    def resolve(self, sha: str, name: str, content: bytes) -> None:
        headers = {"X_Repo_Commit": sha, "ETag": f'"{blob_id(content)}"'}
        if not is_large(name):
            return self.reply(200, content, **headers)
        digest = hashlib.sha256(content).hexdigest()
        self.server.objects[digest] = content
        headers |= {"X_Linked_Etag": f'"{digest}"', "X_Linked_Size": str(len(content))}
        elsewhere = self.server.address.replace("127.0.0.1", "localhost")  # another host, which huggingface_hub minds
        self.reply(302, b"", Location=f"{elsewhere}/cdn/{digest}", **headers)

    def do_PUT(self) -> None:
        content = self.body()
        assert self.path == f"/cdn/{hashlib.sha256(content).hexdigest()}"
        self.server.objects[self.path.rpartition("/")[2]] = content
        self.reply(200, b"")

    def do_POST(self) -> None:
        body, path = self.body(), self.path.partition("?")[0]
        if path == "/api/validate-yaml":
            licence = yaml.safe_load(json.loads(body)["content"].split("---")[1])["license"]
            errors = [] if licence in ("other", "cc-by-4.0") else [{"message": f"license: {licence} is none"}]
            return self.reply(400 if errors else 200, {"errors": errors, "warnings": []})
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.fault(401, "Invalid username or password.")
        if path == "/api/repos/create":
            return self.create(json.loads(body))
        repo = re.search("/([^/]+/[^/]+?)(?:[.]git/|/preupload/main$|/commit/main$)", path)[1]
        files = dict(self.server.repos[repo]["commits"][-1][1])
        if path.endswith("/preupload/main"):
            wanted = json.loads(body)["files"]
            for item in wanted:
                name = item["path"]
                item |= {"uploadMode": "lfs" if is_large(name) else "regular", "shouldIgnore": False}
                item |= {"oid": blob_id(files[name]) if name in files else None}
            return self.reply(200, {"files": wanted})
        if path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            for item in objects:
                item["actions"] = {"upload": {"href": f"{self.server.address}/cdn/{item['oid']}"}}
            return self.reply(200, {"transfer": "basic", "objects": objects})
        for line in map(json.loads, body.splitlines()):
            key, value = line["key"], line["value"]
            if key == "deletedFile":
                del files[value["path"]]
            elif key in ("file", "lfsFile"):
                stored = self.server.objects[value["oid"]] if key == "lfsFile" else base64.b64decode(value["content"])
                files[value["path"]] = stored
        sha = self.server.commit(repo, files)
        self.reply(200, {"commitUrl": f"{self.server.address}/{repo}/commit/{sha}", "commitOid": sha})

    def create(self, wanted: dict) -> None:
        repo = f"{wanted['organization']}/{wanted['name']}"
        if wanted["organization"] != "org":
            return self.fault(403, f"You don't have the rights to create a model under the namespace {repo}")
        known = repo in self.server.repos
        if not known:
            self.server.commit(repo, {".gitattributes": b"*.safetensors filter=lfs\n"})
            self.server.repos[repo]["private"] = wanted.get("visibility") == "private"
        self.reply(409 if known else 200, {"url": f"{self.server.address}/{repo}"})


def is_large(name: str) -> bool:
    return name.endswith((".safetensors", ".model"))  # as the .gitattributes of a new repository say


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def entry(name: str, content: bytes) -> dict:
    found = {"type": "file", "path": name, "size": len(content), "oid": blob_id(content)}
    digest = hashlib.sha256(content).hexdigest()
    return found | ({"lfs": {"oid": digest, "size": len(content), "pointerSize": 130}} if is_large(name) else {})


@pytest.fixture
def server():
    with StubHub() as stub:
        threading.Thread(target=stub.serve_forever, daemon=True).start()
        yield stub
        stub.shutdown()


@pytest.fixture
def python(server, repo, tmp_path):
    """Run a program that knows the stub as its hub; huggingface_hub reads the environment when it is imported."""
    foreign = re.compile("HF_|TRANSFORMERS_|.*_PROXY$", re.IGNORECASE)
    own = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    own |= {"PYTHONPATH": str(repo), "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}

    def run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", program, *map(str, arguments)]
        env = own | {"HF_ENDPOINT": server.address} | environment
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)

    return run


LASS = "from lass.bin.__main__ import main; main()"
FIND = "import sys; from lass.infer.hub import find; print(find(sys.argv[1]))"


@pytest.fixture
def packed(model_folder, tmp_path):
    """A model folder with a card, and with files that are nobody's business."""
    folder = shutil.copytree(model_folder, tmp_path / "packed")
    write_text(folder / "README.md", front_matter("CC BY 4.0") + "\n# tiny\n")
    for name in (".done", "notes.txt", "model.pkl"):
        write_text(folder / name, "mine\n")
    return folder


def one_line(done: subprocess.CompletedProcess) -> str:
    """The error of a command that failed as it should."""
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == "" and TOKEN not in line and len(line) < 700
    return line


def test_pushed_and_loaded_by_its_id(server, python, packed, other_model_folder, model, noise, tmp_path):
    done = python(LASS, "push", packed, "org/tiny")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{packed}: pushed to {server.address}/org/tiny; use it with --model org/tiny\n"
    first, files = server.repos["org/tiny"]["commits"][-1]
    assert sorted(files) == [".gitattributes", *MODEL] and not server.repos["org/tiny"]["private"]
    assert all(files[name] == (packed / name).read_bytes() for name in MODEL)

    # Another model takes its place: its stale tokenizer goes, other people's files stay and are never downloaded.
    others = {"evil.pkl": b"x", "tokenizer.d/evil.pkl": b"x", "pytorch_model.bin": b"x"}
    server.commit("org/tiny", files | others | {"tokenizer.json": b"{}"})
    other = shutil.copytree(other_model_folder, tmp_path / "other")
    write_text(other / "README.md", front_matter("none") + "\n# other\n")
    assert python(LASS, "push", other, "org/tiny").returncode == 0
    assert sorted(server.repos["org/tiny"]["commits"][-1][1]) == sorted([".gitattributes", *MODEL, *others])

    wave = noise(3001)
    np.save(tmp_path / "wave.npy", wave)
    program = (
        "import sys, lass, numpy as np\nwave = np.load('wave.npy')\n"
        "for name in sys.argv[1:]:\n"
        "    np.save(name.replace('/', '-'), lass.load(name, 'cpu').separate(wave, 44100, 'a bell rings'))\n"
    )
    done = python(program, "org/tiny", f"org/tiny@{first}", HF_TOKEN="")
    assert done.returncode == 0, done.stderr
    expected = model.separate(wave, 44100, "a bell rings")
    assert np.array_equal(np.load(tmp_path / f"org-tiny@{first}.npy"), expected)
    latest = np.load(tmp_path / "org-tiny.npy")
    assert latest.shape == expected.shape and not np.array_equal(latest, expected)
    for folder in (tmp_path / "hf" / "hub" / "models--org--tiny" / "snapshots").iterdir():
        assert sorted(path.name for path in folder.rglob("*")) == MODEL

    # The cache is enough without a network.
    server.repos.clear()
    found = python(FIND, f"org/tiny@{first}", HF_HUB_OFFLINE="1").stdout.strip()
    assert found.endswith(f"snapshots/{first}")
    assert python(FIND, "org/tiny", HF_ENDPOINT="http://127.0.0.1:1").returncode == 0


def test_faults_of_push_are_one_line(server, python, packed):
    server.commit("org/public", {})
    cases = [
        (["org/tiny"], {"HF_TOKEN": ""}, "401 Unauthorized"),
        (["org/tiny"], {"HF_ENDPOINT": "http://127.0.0.1:1"}, "onnect"),
        (["org/tiny", "--endpoint", "http://127.0.0.1:1"], {}, "onnect"),
        (["org/tiny"], {"HF_HUB_OFFLINE": "1"}, "offline mode is enabled"),
        (["strangers/tiny"], {}, "You don't have the rights"),
        (["org/public", "--private"], {}, f"{server.address}/org/public: is there and public"),
    ]
    for arguments, environment, message in cases:
        line = one_line(python(LASS, "push", packed, *arguments, **environment))
        assert message in line, line
        assert "--private" in arguments or line.endswith(f"may write to {arguments[0]} (hf auth login, or HF_TOKEN)")
    write_text(packed / "README.md", "---\nlicense: cheese\n---\n")
    assert "license: cheese is none" in one_line(python(LASS, "push", packed, "org/tiny"))
    assert all(len(repo["commits"]) == 1 for repo in server.repos.values())  # nothing was uploaded


def test_private(server, python, packed):
    for _ in range(2):  # the second time it is there already, and private
        assert python(LASS, "push", packed, "org/secret", "--private").returncode == 0
    assert server.repos["org/secret"]["private"] and sorted(server.repos["org/secret"]["commits"][-1][1])[1:] == MODEL


def test_ids_that_the_hub_does_not_give(server, python):
    server.commit("org/tiny", {"config.yaml": b"{}"})
    way_out = "): check the name and the network; a private model needs a token (hf auth login, or HF_TOKEN)"
    for name, environment, message in [
        ("org/nothing", {}, "401 Unauthorized"),
        ("org/tiny@v9", {}, "Invalid rev id: v9"),
        ("org/tiny", {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
        ("org/tiny", {"HF_ENDPOINT": "http://127.0.0.1:1"}, "onnect"),
    ]:
        line = one_line(python(LASS, "separate", "--set", "none", "--out", "est", "--model", name, **environment))
        assert line.startswith(f"lass separate: {name}: no such folder, and not to be had from the hub (")
        assert message in line and line.endswith(way_out)


def test_only_an_id_asks_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda repo, revision, **_: asked.append((repo, revision)))
    for name in ("nowhere", "./org/name", "exp/mini/model", "/org/name", "../org", "org/..", "org/a..b", "org/", "",
                 "org/na me", "org/name@", "org/name@a/../b", "org/name@-x", "https://hub/org/name", "org/name\n"):
        if name:
            with pytest.raises(LassError, match="not a model folder .there is none., nor a hub id like org/name"):
                hub.find(name)
    (tmp_path / "org" / "here").mkdir(parents=True)
    assert str(hub.find("org/here")) == "org/here"
    assert asked == []
    for name in ("org/name", "o.r-g/n_a.m-e2@refs/pr/1"):
        with pytest.raises(TypeError):  # the stand-in gives no folder
            hub.find(name)
    assert asked == [("org/name", None), ("o.r-g/n_a.m-e2", "refs/pr/1")]
