"""egs/CLUSTER.md: the fault table names tests that are there, and leaves none out."""

import re


def test_each_fault_has_its_test(repo):
    named = re.findall(r"`(test_\w+)`", (repo / "egs" / "CLUSTER.md").read_text(encoding="utf-8"))
    sources = [(repo / "test" / "cluster" / name).read_text(encoding="utf-8") for name in
               ("test_faults.py", "test_training.py")]  # fmt: skip
    tests = re.findall(r"^def (test_\w+)", "".join(sources), re.MULTILINE)
    assert len(tests) > 10 and sorted(named) == sorted(tests)
