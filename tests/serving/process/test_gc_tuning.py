"""The garbage collector leaves alone what start-up made, and collects what comes later."""

import subprocess
import sys

from tests.workspace import PROJECT

CODE = """
import gc, weakref
from maas.serving.process.gc_tuning import tune_gc

class Node:
    def __init__(self):
        self.itself = self

gc.disable()  # nothing is collected by chance
garbage = weakref.ref(Node())
held = Node()
kept = weakref.ref(held)
tune_gc()
later = weakref.ref(Node())
del held
before = garbage(), kept() is not None, later() is not None
gc.collect()
print(before, kept() is not None, later())
"""


def test_garbage_is_collected_and_what_start_up_made_is_left_alone():
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("(None, True, True) True None\n", "")
