"""The steps of a job: find the input, claim the output, score what is missing, finish."""

import json
import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from time import monotonic
from typing import Any

import numpy as np

from maas.drift.counts import BinCounts
from maas.errors import DataError, UnreadableDataError
from maas.progress import RowProgress
from maas.registry.version import REFERENCE, Version
from maas.scoring.engine import Engine
from maas.scoring.hashing import hash_inputs
from maas.scoring.inputs import no_row
from maas.scoring.job import InputFile, Job
from maas.scoring.kept_columns import read_schema
from maas.scoring.part import PartTask, score_part
from maas.scoring.part_file import PartRecord
from maas.scoring.parts import Part
from maas.scoring.plan import Plan, Request, make_plan
from maas.scoring.score_record import ScoredFile, ScoreRecord

log = logging.getLogger("maas")


def score(version: Version, request: Request, engine: Engine) -> ScoreRecord:
    """Score files with a version.

    What an earlier run of the same job has scored is kept; a job that is finished stays as it is.

    Raises:
        InputError: the input does not fit the model, or the output holds another job's.
        ScoringError: a worker or the scheduler failed; the same command goes on.
        StorageError: the output cannot be written.
    """
    began = monotonic()
    plan = make_plan(version, request)
    hashes = hash_inputs(plan.inputs, engine)
    job = _make_job(version, plan, hashes)
    names = [part.name for part in plan.parts]
    with plan.output.opened(job, names) as finished:
        if finished is not None:
            log.info("%s holds what this job writes: nothing is left to do", request.target)
            return finished
        try:
            records = _score_parts(version, plan, job, engine)
            if not any(record.scored or record.refused for record in records):
                raise no_row(request.source)
        except UnreadableDataError:
            raise  # a worker may see less than this process
        except DataError:
            plan.output.discard(names)
            raise
        record = _summarise(version, plan, job, records, engine, monotonic() - began)
        plan.output.finish(record, names)
        return record


def _make_job(version: Version, plan: Plan, hashes: Sequence[str]) -> Job:
    inputs = tuple(
        InputFile(file=file.name, sha256=sha256, size=file.stamp[0])
        for file, sha256 in zip(plan.inputs, hashes, strict=True)
    )
    manifest = version.manifest
    return Job(
        model_name=manifest.model_name,
        version=version.number,
        digest=manifest.digest,
        inputs=inputs,
        options=plan.options,
    )


def _score_parts(version: Version, plan: Plan, job: Job, engine: Engine) -> list[PartRecord]:
    """Score the parts that are missing; the records of all, in their order."""
    names = [part.name for part in plan.parts]
    records = plan.output.find_whole(job, names)
    known = [part.rows for part in plan.parts]
    total = None if None in known else sum(rows or 0 for rows in known)
    missing = [part for part in plan.parts if part.name not in records]
    with RowProgress(total, log) as progress:
        for record in records.values():
            progress.skip(record.scored + record.refused)
        tasks = (_make_task(version, plan, job, part) for part in missing)
        with closing(engine.run(score_part, tasks)) as results:
            for record in results:
                records[record.part] = record
                progress.add(record.scored + record.refused)
    return [records[name] for name in names]


def _make_task(version: Version, plan: Plan, job: Job, part: Part) -> PartTask:
    wanted = part.input.wanted(version.manifest.signature)
    return PartTask(
        job=job.id,
        name=part.name,
        model=str(version.path.absolute()),
        digest=version.manifest.digest,
        source=part.input.path.absolute(),
        file=part.input.name,
        stamp=part.input.stamp,
        dialect=part.input.dialect,
        columns=part.input.columns,
        row_groups=part.row_groups,
        rows=part.rows,
        kept=plan.kept,
        read=read_schema(part.input, wanted, plan.kept),
        probabilities=plan.options.probabilities,
        quarantine=plan.options.on_invalid == "quarantine",
        target=plan.output.part_path(part.name).absolute(),
        refused=plan.output.refused_path(part.name).absolute(),
    )


def _summarise(
    version: Version,
    plan: Plan,
    job: Job,
    records: Sequence[PartRecord],
    engine: Engine,
    seconds: float,
) -> ScoreRecord:
    rows = dict.fromkeys((file.file for file in job.inputs), 0)
    for part, record in zip(plan.parts, records, strict=True):
        rows[part.input.name] += record.scored + record.refused
    inputs = tuple(ScoredFile(**dict(file), rows=rows[file.file]) for file in job.inputs)
    return ScoreRecord(
        tag=job.tag,
        model_name=job.model_name,
        version=job.version,
        digest=job.digest,
        inputs=inputs,
        options=job.options,
        scored=sum(record.scored for record in records),
        refused=sum(record.refused for record in records),
        counts=_add_counts(version, [record.counts for record in records]),
        engine=engine.name,
        workers=engine.workers,
        seconds=round(seconds, 3),
    )


def _add_counts(version: Version, documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    bins = BinCounts(version.manifest.signature, json.loads(version.read(REFERENCE)))
    counts = np.sum([bins.from_json(document) for document in documents], axis=0)
    return bins.to_json(counts)
