"""The command that executes a Python process again, without the options that undo its pins.

`-E`, `-I` and `-R` give the hash seed back to chance. What `-E` and `-I` are for is kept: the
variables of Python are removed, and `-s` and `-P` do the rest of `-I`.
"""

from collections.abc import Mapping, Sequence

# Options that take a value, in the same argument or in the next; after the first two, all that
# follows belongs to the program.
_PROGRAM, _VALUED = "cm", "WX"
_LONG_VALUED = "--check-hash-based-pycs"

_REPLACED = {"E": "", "R": "", "I": "sP"}


def restart_arguments(arguments: Sequence[str]) -> list[str]:
    """The arguments of Python without those options.

    Args:
        arguments: `sys.orig_argv` without the interpreter.
    """
    kept, rest = list[str](), list(arguments)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        option = rest.pop(0)
        if option.startswith("--"):
            kept += [option, *_take(rest, option == _LONG_VALUED)]
            continue
        letters, value = _divide(option[1:])
        replaced = "".join(_REPLACED.get(letter, letter) for letter in letters)
        kept += [f"-{replaced}{value}"] if replaced + value else []
        kept += _take(rest, len(value) == 1)
        if value[:1] in tuple(_PROGRAM):
            break
    return kept + rest


def without_python_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy `environ` without the variables that `-E` makes Python ignore."""
    return {name: value for name, value in environ.items() if not name.startswith("PYTHON")}


def _divide(letters: str) -> tuple[str, str]:
    """Split `Osm` + value into the letters of simple options, and the one that takes a value."""
    valued = (i for i, letter in enumerate(letters) if letter in _PROGRAM + _VALUED)
    place = next(valued, len(letters))
    return letters[:place], letters[place:]


def _take(rest: list[str], wanted: bool) -> list[str]:
    return [rest.pop(0)] if wanted and rest else []
