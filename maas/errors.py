"""Every error a user can meet. Each says where, what is wrong and what to do next.

::

    MaasError               1  it failed
    ├── InputError          2  what the caller gave is wrong
    │   ├── ConfigError        a config file, a variable or --set
    │   ├── DataError          the data set
    │   │   └── UnreadableDataError  it is not there
    │   ├── ParityError        the exported model does not answer as the fitted one
    │   ├── VersionError       a version that does not exist, or of another model
    │   └── OverflowingRowError  a row whose values are too large to compute with
    ├── GateError           1  a run missed a metric that its config demands
    ├── PinError            1  the numeric environment is not the pinned one
    ├── DamagedError        1  a published version is not what was published
    ├── StorageError        1  a folder cannot be read or written
    └── ServeError          1  the service cannot start

The number is the exit code of the command that meets the error.
"""

from typing import ClassVar


class MaasError(Exception):
    """Root of the tree.

    Args:
        where: the file, folder, variable or tag concerned.
        what: what is wrong there.
        remedy: what to do next, as an instruction.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, where: object, what: str, remedy: str) -> None:
        self.where, self.what, self.remedy = str(where), what, remedy
        super().__init__(" ".join(f"{where}: {what}; {remedy}".split()))


class InputError(MaasError):
    """What the caller gave is wrong; giving something else helps."""

    exit_code = 2


class ConfigError(InputError):
    """A config file, an environment variable or a --set value is wrong."""


class DataError(InputError):
    """The data set cannot be trained on."""


class UnreadableDataError(DataError):
    """The data set is not there, or cannot be read."""


class ParityError(InputError):
    """The exported model's answers differ from the fitted pipeline's."""


class VersionError(InputError):
    """The version asked for does not exist, or belongs to another model."""


class OverflowingRowError(InputError):
    """A row's values are finite, but so large that the model's sums are not.

    Args:
        row: its index among the rows given.
    """

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row}", "is too large for the model to compute", "check its units")


class GateError(MaasError):
    """A metric missed the gate that the config sets; nothing was published."""


class PinError(MaasError):
    """The numeric libraries do not compute as they were pinned to."""


class DamagedError(MaasError):
    """A published version's files are not the ones that were published."""


class StorageError(MaasError):
    """A folder cannot be read or written."""


class ServeError(MaasError):
    """The service cannot start."""
