"""Files to predictions with pandas.read_parquet and pipeline.predict, as most scripts do it.

Each process reads a file at a time and predicts it as a whole: with the processes that were
fastest, one per core, each with one thread. `saved_model.pkl` has `n_jobs=1`; `--threads` sets
that of the estimator instead, and takes the files one by one.
"""

import argparse
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import joblib
import pandas
from threadpoolctl import threadpool_limits


@cache
def load(folder, threads):
    model = joblib.load(folder / "models/v1/saved_model.pkl")
    if hasattr(model[-1], "n_jobs"):
        model[-1].n_jobs = threads
    return model


def score(task):
    file, target, folder, threads = task
    frame = pandas.read_parquet(file)
    with threadpool_limits(threads):
        answers = load(folder, threads).predict(frame)
    pandas.DataFrame({"prediction": answers}).to_parquet(target)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    given.target.mkdir()
    tasks = [
        (file, given.target / file.name, given.model, given.threads)
        for file in sorted(given.source.glob("*.parquet"))
    ]
    if given.processes == 1:
        list(map(score, tasks))
        return
    with get_context("fork").Pool(given.processes) as pool:
        pool.map(score, tasks, chunksize=1)


if __name__ == "__main__":
    main()
