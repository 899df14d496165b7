"""The folder or file that a job writes. What has its name is whole; another job's is refused.

A folder holds a Parquet file per part, `_job.json` while the job is not finished, and
`_score.json` once it is. For a file, the parts are in a hidden folder beside it until then.
"""

import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from maas.errors import DamagedError, InputError
from maas.registry.files import make_folder, read_bounded, sync_folder, write_synced
from maas.registry.locks import hold_folder
from maas.registry.manifest import canonical_json
from maas.scoring.job import Job, describe_difference
from maas.scoring.merging import count_csv_rows, merge_invalid, merge_parts
from maas.scoring.part_file import TEMPORARY, PartRecord, count_rows, output_error, read_record
from maas.scoring.score_record import ScoreRecord

log = logging.getLogger("maas")

Record = TypeVar("Record", Job, ScoreRecord)

_JOB = "_job.json"
_HOLDERS = "the same job, in another process"
_REMEDY = "name another OUT, or remove this one"


class Output:
    """Where a job writes.

    Args:
        path: OUT, as it was given.
        single: whether it is one file.

    Attributes:
        path: OUT.
    """

    def __init__(self, path: Path, single: bool) -> None:
        self.path, self._single = path, single
        self._folder = path.parent / f".{path.name}.parts" if single else path
        self._job = self._folder / _JOB
        self._score = path.with_name(f"{path.name}.score.json") if single else path / "_score.json"
        name = f"{path.name}.invalid.parquet"
        self._invalid = path.with_name(name) if single else path / "_invalid.parquet"

    @contextmanager
    def opened(self, job: Job, names: Sequence[str]) -> Iterator[ScoreRecord | None]:
        """Hold the output for a job, which it must belong to, or to nobody.

        Args:
            job: the job.
            names: of its parts.

        Yields:
            The record, if the job is finished and what it has written is there.

        Raises:
            InputError: it holds something else.
            LockedError: the same job runs in another process.
            StorageError: it cannot be written.
        """
        self._check_owner(job)  # another job is not waited for
        score = self._find_finished(job, names)
        if score is not None and not self._job.exists():
            yield score
            return
        with self._held():
            score = self._claim(job, names)
            try:
                yield score
            finally:
                self._remove_temporary()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Make the folder and lock it; again if its last holder has removed it."""
        while True:
            try:
                made = make_folder(self._folder)
            except OSError as error:
                raise output_error(self._folder, error) from None
            with ExitStack() as stack:
                try:
                    before = self._folder.stat()
                    stack.enter_context(hold_folder(self._folder, _HOLDERS))
                    if not os.path.samestat(before, self._folder.stat()):
                        continue
                except FileNotFoundError:
                    continue
                for folder in made:  # where nothing is left in them, the outer one last
                    stack.callback(_remove_if_empty, folder)
                yield
                return

    def _claim(self, job: Job, names: Sequence[str]) -> ScoreRecord | None:
        """Make the output this job's; give its record if it is finished."""
        self._check_owner(job)  # which may have changed before it was held
        score = self._find_finished(job, names)
        if score is not None:
            self._tidy(names)
            return score
        if not self._job.exists():
            if self._read_score() is None:
                self._check_empty()
            else:
                log.warning("%s has lost some of what was written: it is scored again", self.path)
            self._write(self._job, canonical_json(job.model_dump(mode="json")))
        for path in [self.path] if self._single else [self._score, self._invalid]:
            path.unlink(missing_ok=True)  # of a finished job that has lost something
        self._remove_temporary()
        return None

    def _find_finished(self, job: Job, names: Sequence[str]) -> ScoreRecord | None:
        """The record of the job, if it is finished and no row of the output is lost."""
        score = self._read_score()
        if score is None or (score.refused and count_rows(self._invalid) != score.refused):
            return None
        if not self._single:
            return score if len(self._find_answers(job, names)) == len(names) else None
        count = count_csv_rows if score.options.form == "csv" else count_rows
        if count(self.path) == score.scored:
            return score
        return None

    def _remove_temporary(self) -> None:
        """Remove what was being written by processes that are no more."""
        for left in self._folder.rglob(f"{TEMPORARY}*"):
            with suppress(OSError):
                left.unlink()

    def _check_owner(self, job: Job) -> None:
        """Check that the output is this job's, or nobody's."""
        old = self._read_score() or self._read_job()
        if old is None:
            if self._single and self.path.exists():
                what = "exists, and was not written by a finished job"
                raise InputError(self.path, what, _REMEDY)
            return
        before = old.job() if isinstance(old, ScoreRecord) else old
        if before != job:
            what = f"holds the output of another job: {describe_difference(before, job)}"
            where = self._folder if isinstance(old, Job) else self.path
            raise InputError(where, what, _REMEDY)

    def _check_empty(self) -> None:
        if any(not path.name.startswith(TEMPORARY) for path in self._folder.iterdir()):
            what = "is not empty, and holds no output of this command"
            raise InputError(self._folder, what, "name a new or an empty folder")

    def _read_job(self) -> Job | None:
        return _read(self._job, Job)

    def _read_score(self) -> ScoreRecord | None:
        """The record of the finished job; that of a file comes before the file itself."""
        if self._single and not self.path.exists():
            return None
        return _read(self._score, ScoreRecord)

    def part_path(self, name: str) -> Path:
        """The file of a part."""
        return self._folder / f"{name}.parquet"

    def refused_path(self, name: str) -> Path:
        """The file of a part's invalid rows."""
        path = self.part_path(name)
        return path.with_name(f"_invalid.{path.name}")

    def find_whole(self, job: Job, names: Sequence[str]) -> dict[str, PartRecord]:
        """The records of the parts that are scored already, by name."""
        return {
            name: record
            for name, record in self._find_answers(job, names).items()
            if not record.refused or count_rows(self.refused_path(name)) == record.refused
        }

    def _find_answers(self, job: Job, names: Sequence[str]) -> dict[str, PartRecord]:
        """The records of the parts whose answers are there, by name."""
        records = {name: read_record(self.part_path(name)) for name in names}
        wanted = {name: (job.id, name) for name in names}
        return {
            name: record
            for name, record in records.items()
            if record is not None and (record.job, record.part) == wanted[name]
        }

    def finish(self, record: ScoreRecord, names: Sequence[str]) -> None:
        """Put together what the parts hold, and write the record.

        Raises:
            StorageError: it cannot be written.
        """
        refused = [path for name in names if (path := self.refused_path(name)).exists()]
        if refused:
            merge_invalid(refused, self._invalid, self._folder)
        else:
            self._invalid.unlink(missing_ok=True)  # of a job whose output was removed
        self._write(self._score, canonical_json(record.model_dump(mode="json")))
        if self._single:
            paths = [self.part_path(name) for name in names]
            merge_parts(paths, self.path, record.options.form, self._folder)
        self._tidy(names)

    def _tidy(self, names: Sequence[str]) -> None:
        """Remove what a finished job does not need; `_job.json`, which says so, last."""
        parts = [self.part_path(name) for name in names if self._single]
        self._remove([*map(self.refused_path, names), *parts, self._job])

    def discard(self, names: Sequence[str]) -> None:
        """Remove what the job has written: its input is invalid, and it can never be finished."""
        self._remove_temporary()
        paths = [path(name) for name in names for path in (self.part_path, self.refused_path)]
        self._remove([*paths, self._job])

    def _remove(self, paths: Sequence[Path]) -> None:
        """Remove files, and the folders that are empty then."""
        folders = {self._folder}
        for path in paths:
            path.unlink(missing_ok=True)
            folders.update(parent for parent in path.parents if self._folder in parent.parents)
        for folder in sorted(folders, key=lambda found: len(found.parts), reverse=True):
            _remove_if_empty(folder)

    def _write(self, path: Path, data: bytes) -> None:
        beside = self._folder / f"{TEMPORARY}{secrets.token_hex(8)}"
        try:
            write_synced(beside, data)
            beside.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise output_error(path, error) from None


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not, or is gone
        folder.rmdir()


def _read(path: Path, kind: type[Record]) -> Record | None:
    """Read a record of a job; None: there is none."""
    if not path.exists():
        return None
    try:
        return kind.model_validate_json(read_bounded(path))
    except (ValidationError, DamagedError):
        raise InputError(path, "is not a record of this command", _REMEDY) from None
