"""The version that an argument names: `3`, `v3` or `latest`."""

from maas.errors import VersionError
from maas.model.tag import VERSION_FORMS, parse_version
from maas.registry.registry import Registry
from maas.registry.version import Version


def find_number(registry: Registry, argument: str) -> int:
    """Find the number that an argument names; the version itself may be damaged.

    Raises:
        VersionError: the argument has another form, or there is no such version.
        StorageError: the models folder cannot be read.
    """
    number = parse_version(argument)
    if number == "latest":
        return (registry.numbers() or [registry.latest().number])[-1]
    if number is None:
        raise VersionError(argument, "is not a version", f"write {VERSION_FORMS}")
    if number not in registry.numbers():
        registry.open(number)
    return number


def find_version(registry: Registry, argument: str) -> Version:
    """Open the version that an argument names.

    Raises:
        VersionError: the argument has another form, or there is no such version.
        DamagedError: its manifest is missing, was altered or cannot be read.
        StorageError: the models folder cannot be read.
    """
    return registry.open(find_number(registry, argument))
