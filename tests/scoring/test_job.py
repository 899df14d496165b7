"""When two jobs are the same, and how they differ."""

import pytest

from maas.scoring.job import InputFile, Job, Options, describe_difference

FILES = tuple(InputFile(file=f"{n}.csv", sha256=n * 64, size=1) for n in "abc")
JOB = Job(
    model_name="m", version=1, digest="sha256:" + "1" * 64, inputs=FILES[:2], options=Options()
)


def changed(**changes: object) -> Job:
    return JOB.model_copy(update=changes)


OTHER_BYTES = (FILES[0], FILES[1].model_copy(update={"sha256": "d" * 64}))
JOBS = {
    "scored by m:v1 (sha256:111111111111), not by m:v2": changed(
        version=2, digest="sha256:" + "2" * 64
    ),
    "not by m:v7": changed(version=7),
    "its options were others (keep)": changed(options=Options(keep=("id",))),
    "its options were others (probabilities, on_invalid)": changed(
        options=Options(probabilities=True, on_invalid="quarantine")
    ),
    "input file c.csv is new": changed(inputs=FILES),
    "input file b.csv is gone": changed(inputs=FILES[:1]),
    "input file b.csv has changed since": changed(inputs=OTHER_BYTES),
    "its input files were in another order": changed(inputs=FILES[1::-1]),
}


def test_an_equal_job_has_the_same_id():
    assert JOB.id == Job.model_validate_json(JOB.model_dump_json()).id
    assert len(JOB.id) == 64


@pytest.mark.parametrize("what", JOBS)
def test_another_job_has_another_id_and_says_why(what: str):
    assert JOBS[what].id != JOB.id
    assert what in describe_difference(JOB, JOBS[what])


def test_all_other_jobs_differ_among_themselves():
    assert len({job.id for job in JOBS.values()}) == len(JOBS)
