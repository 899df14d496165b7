"""All that a worker needs, imported once by the process that makes the workers.

Garbage collection waits meanwhile, and leaves alone what was imported: workers share its memory
until they write to it.
"""

import gc

gc.disable()

import onnx  # noqa: E402, F401
import onnxruntime  # noqa: E402, F401

from maas.scoring import part  # noqa: E402, F401

gc.freeze()
gc.enable()
