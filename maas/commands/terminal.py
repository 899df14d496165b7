"""The terminal: results on stdout, errors as one line on stderr with an exit code."""

import io
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from maas.errors import MaasError, remedy_for
from maas.logs import printable


def run_command(command: Callable[[], int]) -> int:
    """Run a command; turn every error into one line on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Names may hold characters that the terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of stdout has closed it (`| head`): keep the interpreter from reporting that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _fail("stopped", 130)
    except MaasError as error:
        return _fail(str(error), error.exit_code)
    except Exception as error:
        return _fail(_describe(error), 1)
    return code


def _describe(error: Exception) -> str:
    """Say in one line what no MaasError says."""
    # Where the name has a point, the package is there and lacks a module: a fault of the code.
    if isinstance(error, ModuleNotFoundError) and "." not in str(error.name):
        remedy = "install requirements.txt, or the project with its extra `train`"
        return f"package {error.name}: is not installed; {remedy}"
    if isinstance(error, MemoryError):
        return f"memory: is used up{_detail(error)}; free some, or use a larger machine"
    if isinstance(error, OSError):
        where = error.filename or "standard output or a file"
        return f"{where}: {error.strerror or error}; {remedy_for(error)}"
    return str(unexpected(error, _keep_traceback(error)))


def unexpected(error: Exception, traceback_in: object) -> MaasError:
    """Describe a fault of the code, whose traceback was kept somewhere."""
    what = f"failed unexpectedly ({type(error).__name__}{_detail(error)})"
    return MaasError("the command", what, f"report this bug with the traceback in {traceback_in}")


def _detail(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f": {lines[0]}" if lines else ""


def _keep_traceback(error: Exception) -> str:
    """Write the traceback to a file, for a report; to stderr where that is not possible."""
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="maas-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(text)
    except OSError:
        print(text, file=sys.stderr, end="")
        return "the lines above"
    return file.name


@contextmanager
def stdout_to_stderr() -> Iterator[None]:
    """Send what libraries print (`verbose` of scikit-learn) to stderr: stdout is for the result."""
    if sys.stdout is None or sys.stderr is None:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
        sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def print_line(text: str) -> None:
    """Print one line of text; control characters of a forged file are shown, not obeyed."""
    print(printable(text))


def print_note(text: str) -> None:
    """Print one line for people to stderr, where the result of a command is on stdout."""
    print(printable(text), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows: a table on a terminal, elsewhere two spaces between the cells of a line."""
    if not sys.stdout.isatty():
        for row in rows:
            print_line("  ".join(row).rstrip())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=bool(headers), pad_edge=False)
    for index in range(len(headers)):
        table.add_column(headers[index], overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    Console(markup=False, highlight=False).print(table)


def short_path(path: Path) -> str:
    """Shorten a path below the current folder to a relative one; with POSIX slashes."""
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def _fail(line: str, code: int) -> int:
    print(f"error: {printable(line)}", file=sys.stderr)
    return code
