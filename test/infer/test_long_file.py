"""Three hours in bounded memory: a network of one layer, in a process of its own."""

import os
import subprocess
import sys

PROGRAM = """
import os, resource
import numpy as np, soundfile, torch
from lass.infer.files import separate_file
from lass.infer.model import Model
from lass.infer.outputs import Job
from lass.queries.encoder import QueryEncoder
from lass.queries.query import Query
from lass.separators.separator import Separator

RATE = 4000

class Asked(QueryEncoder):
    def encode_text(self, texts):
        return Query(torch.zeros(len(texts), 1), None, None, ["extraction"] * len(texts), "text")

class OneLayer(Separator):
    sample_rate, receptive_field = RATE, 1

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, mixture, query):
        return self.layer(mixture)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # MB

def separate(name, seconds):
    second = np.random.default_rng(0).integers(-9999, 9999, RATE, dtype=np.int16)
    with soundfile.SoundFile(name, "w", RATE, 1, "PCM_16") as file:
        for _ in range(seconds):
            file.write(second)
    print(*separate_file(model, Job(name, [["out.wav"]]), ["a bell rings"]))

model = Model({}, Asked(), OneLayer())
separate("short.wav", 60)
before = peak()
separate("long.wav", 3 * 3600)
print(peak() - before)
wave = lambda name, start: soundfile.read(name, frames=RATE, start=start * RATE)[0]
assert all(np.abs(wave("out.wav", at) - wave("out.wav", 10)).max() < 2e-4 for at in (5000, 3 * 3600 - 2))
assert np.abs(wave("out.wav", 10)).max() > 0.01
os.remove("long.wav"), os.remove("out.wav")  # 86 MB each
"""


def test_memory_does_not_grow_with_the_length(tmp_path, repo):
    environment = os.environ | {"PYTHONPATH": str(repo)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    short, long, grown = done.stdout.splitlines()
    assert short.startswith("out.wav: 60.00 s, 4000 Hz") and long.startswith("out.wav: 10800.00 s, 4000 Hz")
    print(f"{grown} MB more for 3 h than for 1 min")
    assert int(grown) < 30, f"{grown} MB more for 3 h than for 1 min; the wave alone is 173 MB in float32"
