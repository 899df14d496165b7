"""Every error that a user can see. Each says where it is, what is wrong and what to do next.

::

    MaasError               1  the command failed
    ├── InputError          2  the input is not valid
    │   ├── ConfigError        a config file, a variable or --set
    │   ├── DataError          the data set
    │   │   └── UnreadableDataError  the data set does not exist or cannot be read
    │   ├── ParityError        the exported model predicts something else than the fitted one
    │   ├── VersionError       the version does not exist, or belongs to another model
    │   ├── OverflowingRowError  the values of a row are too large to compute with
    │   └── TooLargeError      the run needs more memory than there is
    ├── FitError            1  a step of the training failed, and no input was found to be wrong
    ├── ScoringError        1  a worker or the scheduler of a scoring job failed
    ├── GateError           1  a metric is outside the bounds, or too far from the live version's
    ├── PinError            1  the numeric environment is not the pinned one
    ├── DamagedError        1  a published version is not as it was published
    ├── StorageError        1  a folder cannot be read or written
    │   └── LockedError        another process holds a lock for too long
    └── ServeError          1  the service cannot start, or does not follow a release

The number is the exit code of the command that fails with the error.
"""

import errno
from typing import Any, ClassVar


class MaasError(Exception):
    """The root of the tree.

    Args:
        where: the file, folder, key, variable or tag that is wrong.
        what: what is wrong with it.
        remedy: what to do next, as an instruction.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, where: object, what: str, remedy: str) -> None:
        self.where, self.what, self.remedy = str(where), what, remedy
        super().__init__(" ".join(f"{where}: {what}; {remedy}".split()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let errors cross from a worker process to the command, whatever their arguments are."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[MaasError], args: tuple[Any, ...], state: dict[str, Any]) -> MaasError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(MaasError):
    """The input is not valid; another input can succeed."""

    exit_code = 2


class ConfigError(InputError):
    """A config file, an environment variable or a --set value is not valid."""


class DataError(InputError):
    """No model can be trained on the data set, or score it."""


class UnreadableDataError(DataError):
    """The data set does not exist, or cannot be read."""


class ParityError(InputError):
    """The exported model predicts something else than the fitted pipeline."""


class VersionError(InputError):
    """The version asked for does not exist, or belongs to another model."""


class OverflowingRowError(InputError):
    """The values of a row are finite, but so large that the sums of the model are not.

    Args:
        row: the index of the row in the batch.
    """

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}", "is too large for the model to compute", "check its units")


class TooLargeError(InputError):
    """The run needs more memory than there is; it was refused before that was asked for."""


class FitError(MaasError):
    """A step of the training failed, and no input was found to be wrong."""


class ScoringError(MaasError):
    """A worker or the scheduler of a scoring job failed; what was scored is kept."""


class GateError(MaasError):
    """A metric is outside its gate in the config; nothing was published, or released."""


class PinError(MaasError):
    """The process cannot be pinned, or the libraries do not use what was pinned."""


class DamagedError(MaasError):
    """A file of a published version is not as it was published."""


class StorageError(MaasError):
    """A folder cannot be read or written."""


class LockedError(StorageError):
    """Another process holds a lock for longer than this one waits."""


class ServeError(MaasError):
    """The service cannot start, or does not answer with the version that was released."""


_LIMIT = "close other programs, or raise the limit of open files (`ulimit -n`)"
_RIGHTS = "check its owner and permissions"
_ROOM = "free space there"
_SHADOWED = "move the file away that has the name of a folder"
_REMEDIES = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: "make its file system writable",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "check that the folder exists",
    errno.ENOTDIR: _SHADOWED,
    errno.EEXIST: _SHADOWED,
    errno.EISDIR: "move the folder away that has the name of a file",
    errno.ELOOP: "correct the links in its path",
    errno.EMFILE: _LIMIT,
    errno.ENFILE: _LIMIT,
    errno.ENOMEM: "free memory",
    errno.EIO: "check the disk, whose errors the system log names",
    errno.ENOLCK: "use a file system with file locks",
    errno.EOPNOTSUPP: "use a file system with file locks",
}

CAUSED_ELSEWHERE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""The numbers of errors that another folder would give too."""


def remedy_for(error: OSError) -> str:
    """What to do next about an error of the system, as an instruction."""
    return _REMEDIES.get(error.errno or 0, "correct that, then start again")
