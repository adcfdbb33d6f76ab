"""Where the scores of a set come from: facts and commands."""

from lass.report.results import main_system


def facts(systems: dict[str, dict]) -> list[tuple[str, object]]:
    """Facts of the main system's row (or of the first, where none was scored), a line each."""
    found = systems[main_system(systems) or next(iter(systems))]
    rows: list[tuple[str, object]] = [("scored at", f"{found.get('score_rate')} Hz")]
    if found.get("model_rate"):
        rows.append(("model runs at", f"{found['model_rate']} Hz"))
    rows.append(("test set", found.get("set_dir")))
    for key, value in _separation(found).items():
        if key != "command":
            rows.append((f"separation: {key.replace('_', ' ')}", _plain(value)))
    rows.append(("scoring: commit", found["commit"]))
    rows.append(("scoring: versions", _plain(found["versions"])))
    if "bootstrap" in found:
        rows.append(("scoring: bootstrap", _plain(found["bootstrap"])))
    return rows


def commands(systems: dict[str, dict]) -> list[str]:
    """The commands that made the scores, each once."""
    found: list[str] = []
    for system in systems.values():
        separating = _separation(system).get("command") or []  # of joined parts: a list
        found += [*(separating if isinstance(separating, list) else [separating]), system["command"]]
    return list(dict.fromkeys(map(str, found)))


def _separation(found: dict) -> dict:
    separation = found.get("separation")
    return separation if isinstance(separation, dict) else {}


def _plain(value: object) -> str:
    """A JSON value as one line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)
