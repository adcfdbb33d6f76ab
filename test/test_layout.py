"""The rules of the layout: sizes, floors of imports, forbidden files and calls, light imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Floors, upper first. A room imports from lower floors; from its own floor only `train` may.
FLOORS = (
    ("bin",),
    ("train", "infer", "instructions"),
    ("score", "report", "data", "queries", "separators"),
    ("parts", "codecs"),
    ("metrics", "losses", "layers", "io", "config"),
    ("errors",),
)
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
HEAVY = {"torch", "torchaudio", "lightning", "transformers", "timm", "sklearn", "matplotlib", "espnet", "espnet2"}
# Modules that run code from the data they load, and calls that pass text to a shell or run it.
FORBIDDEN_MODULES = {"pickle", "dill", "cloudpickle", "shelve", "marshal"}
FORBIDDEN_CALLS = {"yaml.load", "os.system", "os.popen", "eval", "exec"}
FORBIDDEN_KEYWORDS = {("shell", True), ("weights_only", False), ("allow_pickle", True)}


def repository_files() -> list[Path]:
    """The files that are or would be committed: what .gitignore names is left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_symlink() or path.is_file()]


FILES = repository_files()
PYTHON = [path for path in FILES if path.suffix == ".py"]
SHIPPED = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in ("lass", "egs", "utils", "tools")]
PACKAGE = [path for path in PYTHON if path.is_relative_to(ROOT / "lass")]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(parse(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def room_of(path: Path) -> str:
    """`lass/io/table.py` -> "io", `lass/config.py` -> "config", `lass/__init__.py` -> ""."""
    parts = path.relative_to(ROOT / "lass").with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    """Rooms of `lass` that a module imports, anywhere in it, with the line."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) + "." if node.level else ""
            names = [f"{base}{node.module or ''}".rstrip(".") + f".{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "lass" and len(parts) > 1 and parts[1] in FLOOR:
                yield parts[1], node.lineno


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_sizes(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300, f"{name_of(path)} has {len(lines)} lines: split it, a file has one idea"
    too_wide = [number for number, line in enumerate(lines, 1) if len(line) > 120]
    assert not too_wide, f"{name_of(path)}: lines {too_wide} are wider than 120"
    for node in functions(path):
        length = node.end_lineno - node.lineno + 1
        assert length <= 60, f"{name_of(path)}:{node.lineno}: {node.name} has {length} lines, more than 60"
        arguments = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - 1  # without self
        if node.name == "__init__":
            assert arguments <= 12, f"{name_of(path)}:{node.lineno}: {arguments} arguments, use a dataclass"


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".sh"], ids=name_of)
def test_shell_width(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    too_wide = [number for number, line in enumerate(lines, 1) if len(line) > 120]
    assert not too_wide, f"{name_of(path)}: lines {too_wide} are wider than 120"


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_forbidden_calls(path: Path) -> None:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            bad = [name for name in modules if name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.Call):
            keywords = {(k.arg, k.value.value) for k in node.keywords if isinstance(k.value, ast.Constant)}
            bad = [name for name in [ast.unparse(node.func)] if name in FORBIDDEN_CALLS]
            bad += [f"{key}={value}" for key, value in keywords & FORBIDDEN_KEYWORDS]
            if ast.unparse(node.func) == "torch.load" and ("weights_only", True) not in keywords:
                bad.append("torch.load without weights_only=True")
        else:
            continue
        assert not bad, f"{name_of(path)}:{node.lineno}: {bad} can run what comes with the data"


@pytest.mark.parametrize("path", PACKAGE, ids=name_of)
def test_floors(path: Path) -> None:
    room = room_of(path)
    if not room:
        return  # lass/__init__.py hands out names of any floor, lazily
    assert room in FLOOR, f"{name_of(path)}: the room {room!r} has no floor (design.md, Layout)"
    for target, line in imported_rooms(path):
        below = FLOOR[target] > FLOOR[room] or target == room or (room == "train" and FLOOR[target] == FLOOR[room])
        assert below, f"{name_of(path)}:{line}: lass.{room} may not import lass.{target}"


def test_no_symlinks() -> None:
    assert not [name_of(path) for path in FILES if path.is_symlink()]


def test_recipes_hold_no_programs() -> None:
    recipes = [path for path in PYTHON if path.is_relative_to(ROOT / "egs")]
    assert not [name_of(path) for path in recipes if path.name.startswith(("train", "eval"))]


def test_no_leftover_modules() -> None:
    assert not [name_of(path) for path in PACKAGE if path.name in ("utils.py", "util.py", "misc.py", "helpers.py")]


def test_imports_are_light() -> None:
    """`import lass`, the dispatcher and each stage load nothing heavy before their arguments are parsed."""
    stages = sorted(path.stem for path in PACKAGE if path.parent.name == "bin" and path.stem != "__init__")
    modules = ["lass", *(f"lass.bin.{stage}" for stage in stages)]
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        f"    heavy = {HEAVY!r} & set(sys.modules)\n"
        "    assert not heavy, f'{name} imports {sorted(heavy)} at its top'\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
