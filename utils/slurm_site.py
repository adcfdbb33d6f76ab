"""conf/slurm.conf: what sbatch is given at this site."""

import argparse
import configparser
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "conf" / "slurm.conf"
PASSED = ("partition", "account", "qos", "time", "mem", "constraint")  # to sbatch, under the same name
KNOWN = {*PASSED, "gpu", "extra", "retries", "settle", "warning"}


class SiteError(Exception):
    """A wrong site file, in one line."""


@dataclass(frozen=True)
class Site:
    """Options of sbatch, how often to try again, and the seconds in which a file reaches all machines."""

    options: list[str]
    retries: int
    settle: float


def read_site(options: argparse.Namespace) -> Site:
    """The site file, for a call of the launcher: what the call asks for wins."""
    path = Path(os.environ.get("LASS_SLURM_CONF") or SITE)
    values = _values(path, "gpu" if options.gpu else "all")
    if options.mem:
        values["mem"] = options.mem
    try:
        found = [f"--{key}={values[key]}" for key in PASSED if values.get(key)]
        found += [f"--cpus-per-task={options.num_threads}"]
        if options.gpu:
            found += shlex.split(values["gpu"].format(gpu=options.gpu))
        if options.num_nodes > 1:  # one task a GPU, started by srun
            found += [f"--nodes={options.num_nodes}", f"--ntasks-per-node={max(1, options.gpu)}"]
        if options.requeue:
            found += [f"--signal=B:USR1@{int(values['warning'])}"]
        found += shlex.split(values.get("extra", ""))
        return Site(found, int(values["retries"]), float(values["settle"]))
    except KeyError as error:
        raise SiteError(f"{path}: no {error.args[0]!r}, take conf/slurm.conf of the repository as a pattern") from None
    except (ValueError, IndexError) as error:
        raise SiteError(f"{path}: {error}") from None


def _values(path: Path, section: str) -> dict[str, str]:
    """The section [all], then what ``section`` has, without what is empty."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#",), default_section="all")
    try:
        with open(path, encoding="utf-8") as f:
            parser.read_file(f)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise SiteError(f"{path}: {' '.join(str(error).split())}") from None
    if unknown := set(parser.sections()) - {"gpu"}:
        raise SiteError(f"{path}: unknown section [{min(unknown)}]; known are [all] and [gpu]")
    for name in (parser.default_section, *parser.sections()):
        if unknown := set(parser[name]) - KNOWN:
            raise SiteError(f"{path}: [{name}]: unknown key {min(unknown)!r}; known are {', '.join(sorted(KNOWN))}")
    found = dict(parser["all"])
    if parser.has_section(section):
        found |= {key: value for key, value in parser[section].items() if value}
    return {key: value for key, value in found.items() if value}
