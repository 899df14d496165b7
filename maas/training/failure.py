"""What becomes of an error that a library raises in a run: one line with a remedy."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from numpy.linalg import LinAlgError

from maas.errors import ConfigError, FitError, MaasError

_MORE_ROOM = (
    "train on fewer rows or columns (one per value of a category, unless `preprocessing.encode: "
    "ordinal` is set), choose smaller estimator.params, or train on a larger machine"
)


@contextmanager
def explain_fit(estimator: str) -> Iterator[None]:
    """Turn what scikit-learn raises in a fit into an error of ours.

    Raises:
        ConfigError: scikit-learn says that a parameter or the data do not suit the estimator.
        FitError: the fit itself failed: too little memory, a matrix without an inverse, a number
            that is too large, a killed worker, a fault of the library.
    """
    remedy = "change estimator.params or the data"
    with explain_failure("estimator", f"{estimator} cannot be fitted", remedy):
        try:
            yield
        except LinAlgError:  # a ValueError, but not about a parameter
            raise
        except (ValueError, TypeError, NotImplementedError) as error:
            what = f"{estimator} cannot be fitted ({first_line(error)})"
            raise ConfigError("estimator", what, remedy) from None


@contextmanager
def explain_failure(where: str, what: str, remedy: str) -> Iterator[None]:
    """Turn what libraries raise into a FitError, with the cause for the log.

    An OSError and a missing package keep their meaning.

    Raises:
        FitError: something else was raised.
    """
    try:
        yield
    except (MaasError, OSError, ModuleNotFoundError):
        raise
    except MemoryError as error:
        raise out_of_memory(where, what, error) from None
    except Exception as error:
        raise FitError(where, f"{what} ({first_line(error)})", remedy) from error


def out_of_memory(where: str, what: str, error: MemoryError) -> FitError:
    """Describe a lack of memory, and free what the functions that failed still hold."""
    traceback.clear_frames(error.__traceback__)
    detail = f", {str(error).splitlines()[0]}" if str(error).strip() else ""
    return FitError(where, f"{what} (out of memory{detail})", _MORE_ROOM)


def first_line(error: BaseException) -> str:
    """The first line of a message; the type too where it is not a usual one, or alone."""
    text = (str(error).strip().splitlines() or [""])[0]
    usual = isinstance(error, (ValueError, TypeError, NotImplementedError))
    if usual and text and not isinstance(error, LinAlgError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
