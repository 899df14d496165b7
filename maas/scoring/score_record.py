"""What `_score.json` says of a finished job."""

from typing import Annotated, Any, Literal

from pydantic import Field

from maas.model.tag import ModelName
from maas.registry.manifest import Digest
from maas.scoring.job import InputFile, Job, Options
from maas.strict_model import StrictModel

Count = Annotated[int, Field(ge=0)]


class ScoredFile(InputFile):
    """A file of the input, and how many rows it has."""

    rows: Count


class ScoreRecord(StrictModel):
    """A finished job.

    Attributes:
        schema_version: of this record.
        tag: of the version.
        model_name: of the model.
        version: its number.
        digest: of the version.
        inputs: the files, in the order of their rows.
        options: how they were scored.
        scored: rows that were answered.
        refused: invalid rows that were put aside.
        counts: rows per bin of the version's reference.json.
        engine: what ran it the last time.
        workers: how many it had.
        seconds: how long the last run took; what an earlier one had scored was kept.
    """

    schema_version: Literal[1] = 1
    tag: str
    model_name: ModelName
    version: Annotated[int, Field(ge=1)]
    digest: Digest
    inputs: tuple[ScoredFile, ...]
    options: Options
    scored: Count
    refused: Count
    counts: dict[str, Any]
    engine: str
    workers: Annotated[int, Field(ge=1)]
    seconds: Annotated[float, Field(ge=0)]

    def job(self) -> Job:
        """The job that it is of."""
        inputs = tuple(
            InputFile(file=file.file, sha256=file.sha256, size=file.size) for file in self.inputs
        )
        return Job(
            model_name=self.model_name,
            version=self.version,
            digest=self.digest,
            inputs=inputs,
            options=self.options,
        )
