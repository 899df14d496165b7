"""The version that an argument names: `3`, `v3`, `latest` or `live`."""

from maas.errors import VersionError
from maas.model.tag import VERSION_FORMS, parse_version
from maas.registry.ledger import read_ledger
from maas.registry.live_version import check_live_is_there, find_live, live_number
from maas.registry.registry import Registry
from maas.registry.version import Version


def find_number(registry: Registry, argument: str) -> int:
    """Find the number that an argument names; the version itself may be damaged.

    Raises:
        VersionError: the argument has another form, or there is no such version.
        DamagedError: the ledger, which says what is live, is damaged.
        StorageError: the models folder cannot be read.
    """
    named = parse_version(argument)
    if named is None:
        raise VersionError(argument, "is not a version", f"write {VERSION_FORMS}")
    if named == "live":
        ledger = read_ledger(registry.models_dir)
        check_live_is_there(registry, ledger)
        return live_number(registry, ledger) or registry.latest().number
    if named == "latest":
        return max(registry.numbers(), default=0) or registry.latest().number
    if named not in registry.numbers():
        registry.open(named)
    return named


def find_version(registry: Registry, argument: str) -> Version:
    """Open the version that an argument names.

    Raises:
        VersionError: the argument has another form, or there is no such version.
        DamagedError: its manifest is missing, was altered or cannot be read, or is not the one
            that is live.
        StorageError: the models folder cannot be read.
    """
    if argument == "live":
        return find_live(registry, read_ledger(registry.models_dir))
    return registry.open(find_number(registry, argument))
