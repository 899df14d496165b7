"""What the errors of libraries become: never a traceback, and whose fault it is."""

import errno
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from maas.errors import ConfigError, DataError, FitError, MaasError
from maas.training.failure import explain_failure, explain_fit


def raised_for(error: BaseException) -> MaasError:
    with pytest.raises(MaasError) as caught, explain_fit("SVC"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("C is odd\nmore"), "(C is odd)"),
        (TypeError("no list"), "(no list)"),
        (NotImplementedError("not with svd"), "(not with svd)"),
        (ValueError(), "(ValueError)"),
    ],
)
def test_what_scikit_learn_refuses_is_a_fault_of_the_config(error: Exception, said: str):
    found = raised_for(error)
    assert isinstance(found, ConfigError)
    assert f"SVC cannot be fitted {said}; change estimator.params" in str(found)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (np.linalg.LinAlgError("Singular matrix"), "(LinAlgError: Singular matrix)"),
        (OverflowError("too large"), "(OverflowError: too large)"),
        (FloatingPointError("overflow"), "(FloatingPointError: overflow)"),
        (RuntimeError("odd"), "(RuntimeError: odd)"),
        (IndexError("out of range"), "(IndexError: out of range)"),
        (AssertionError(), "(AssertionError)"),
        (BrokenProcessPool("A worker was killed\nmore"), "(BrokenProcessPool: A worker was killed"),
    ],
)
def test_what_fails_otherwise_is_one_line_that_keeps_its_cause(error: Exception, said: str):
    found = raised_for(error)
    assert type(found) is FitError
    assert (found.exit_code, found.__cause__) == (1, error)
    assert f"SVC cannot be fitted {said}" in str(found)


def test_a_lack_of_memory_says_so_and_frees_what_the_fit_held():
    held = []

    def fill() -> None:
        matrix = np.ones(1000)
        held.append(matrix.__array_interface__)
        np.empty((1 << 22, 1 << 22))  # 140 TB

    with pytest.raises(FitError) as caught, explain_fit("SVC"):
        fill()
    assert "SVC cannot be fitted (out of memory, Unable to allocate 128. TiB" in str(caught.value)
    assert "unless `preprocessing.encode: ordinal` is set" in caught.value.remedy
    trace, locals_of_fill = caught.value.__context__.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "fill":
            locals_of_fill = trace.tb_frame.f_locals
        trace = trace.tb_next
    assert locals_of_fill == {}
    assert "(out of memory)" in str(raised_for(MemoryError()))


@pytest.mark.parametrize(
    "error",
    [
        DataError("x", "is wrong", "mend it"),
        OSError(errno.ENOSPC, "No space left"),
        ModuleNotFoundError("no", name="skl2onnx"),
        KeyboardInterrupt(),
    ],
)
def test_what_the_command_can_say_itself_passes(error: BaseException):
    with pytest.raises(type(error)) as caught, explain_failure("the run", "fails", "mend it"):
        raise error
    assert caught.value is error
