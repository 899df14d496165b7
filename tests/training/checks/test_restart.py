"""The command that executes Python again, without the options that undo its pins."""

import subprocess
import sys

import pytest

from maas.training.checks.restart import restart_arguments, without_python_variables

CASES = [
    ("train.py -E", "train.py -E"),
    ("-E train.py -R", "train.py -R"),
    ("-Eu train.py", "-u train.py"),
    ("-I -m maas verify 1", "-sP -m maas verify 1"),
    ("-RIm maas -I", "-sPm maas -I"),
    ("-Emmaas -E", "-mmaas -E"),
    ("-X dev -R train.py", "-X dev train.py"),
    ("-Xdev -RW error train.py", "-Xdev -W error train.py"),
    ("-RW error -E -c code -E", "-W error -c code -E"),
    ("--check-hash-based-pycs always -E train.py", "--check-hash-based-pycs always train.py"),
    ("-E -- train.py -E", "-- train.py -E"),
    ("-E - -E", "- -E"),
    ("-E", ""),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_only_the_options_of_python_itself_are_replaced(given: str, expected: str):
    assert restart_arguments(given.split()) == expected.split()


def test_the_variables_that_an_isolated_python_ignores_are_left_out():
    given = {"PYTHONPATH": "/x", "PYTHONHASHSEED": "7", "PATH": "/bin", "MY_PYTHON": "1"}
    assert without_python_variables(given) == {"PATH": "/bin", "MY_PYTHON": "1"}


@pytest.mark.parametrize("given", ["-E", "-I", "-R", "-EsX dev", "-IRW ignore"])
def test_python_itself_reads_the_replaced_options_as_meant(given: str):
    """What is left differs from what was given in the hash seed and the variables alone."""
    code = (
        "import sys; f = sys.flags; print(f.no_user_site, f.safe_path, f.dev_mode, sys.warnoptions)"
    )
    printed = {
        subprocess.run(
            [sys.executable, *options, "-c", code],
            capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "0"},
        ).stdout
        for options in (given.split(), restart_arguments(given.split()))
    }  # fmt: skip
    assert len(printed) == 1
