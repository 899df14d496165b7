"""What a scoring job is: inputs, model and options. It decides every byte of the output.

Workers and the engine are not part of it: they change how long it takes.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from maas.model.tag import ModelName
from maas.registry.manifest import Digest, Sha256, canonical_json
from maas.strict_model import StrictModel

OnInvalid = Literal["fail", "quarantine"]
Form = Literal["parquet", "csv"]


class InputFile(StrictModel):
    """A file of the input.

    Attributes:
        file: its path as it was found, or below the input folder.
        sha256: of its bytes.
        size: in bytes.
    """

    file: str
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]


class Options(StrictModel):
    """How files are scored.

    Attributes:
        probabilities: whether the probability of each class is written.
        keep: columns of the input that are written too.
        on_invalid: what an invalid row does: it fails the job, or is put aside.
        form: of the output.
        single: whether the output is one file.
    """

    probabilities: bool = False
    keep: tuple[str, ...] = ()
    on_invalid: OnInvalid = "fail"
    form: Form = "parquet"
    single: bool = False


class Job(StrictModel):
    """A scoring job.

    Attributes:
        schema_version: of this record.
        model_name: of the model.
        version: its number.
        digest: of the version.
        inputs: the files, in the order of their rows.
        options: how they are scored.
    """

    schema_version: Literal[1] = 1
    model_name: ModelName
    version: Annotated[int, Field(ge=1)]
    digest: Digest
    inputs: tuple[InputFile, ...]
    options: Options

    @property
    def id(self) -> str:
        """The SHA-256 of the job, which each of its files names."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json"))).hexdigest()

    @property
    def tag(self) -> str:
        """The tag of the version."""
        return f"{self.model_name}:v{self.version}"


def describe_difference(old: Job, new: Job) -> str:
    """In which way a job differs from an older one, in a few words."""
    if (old.digest, old.tag) != (new.digest, new.tag):
        return f"it was scored by {old.tag} ({old.digest[:19]}), not by {new.tag}"
    if old.options != new.options:
        options = zip(old.options, new.options, strict=True)
        changed = [name for (name, before), (_, now) in options if before != now]
        return f"its options were others ({', '.join(changed)})"
    before = {file.file: file for file in old.inputs}
    now = {file.file: file for file in new.inputs}
    for name in (*now, *before):
        if name not in before:
            return f"input file {name} is new"
        if name not in now:
            return f"input file {name} is gone"
        if before[name] != now[name]:
            return f"input file {name} has changed since"
    return "its input files were in another order"
