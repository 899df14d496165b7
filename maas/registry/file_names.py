"""The names of the files of a version, and which other names it may list."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from maas.model.signature import Runtime

# The files of a version. The digest covers all of them but run.json.
MANIFEST = "manifest.json"
PICKLE = "saved_model.pkl"
REFERENCE = "reference.json"
REPORT = "report.json"
RUN = "run.json"

# The file that each runtime loads.
MODEL_FILES: dict[Runtime, str] = {"onnx": "model.onnx", "sklearn": PICKLE}

# BentoML's description of an entry of its store, which the version itself does not have.
INFO = "model.yaml"

_RESERVED = {MANIFEST, RUN, INFO}


def _not_reserved(name: str) -> str:
    if name.lower() in _RESERVED:
        raise ValueError("the name is reserved")
    return name


# A plain name: it cannot lead out of its folder, and no system takes it for another one.
FileName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$"),
    AfterValidator(_not_reserved),
]
