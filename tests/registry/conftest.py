"""The fixture that runs a command is shared with the tests of the commands."""

from tests.commands.conftest import maas

__all__ = ["maas"]
