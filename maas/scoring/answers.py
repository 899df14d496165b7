"""A model's answers as columns of a table, with the values that the API gives."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maas.errors import ParityError
from maas.model.predictor import Predictor
from maas.model.scorers import Array, Matrix
from maas.model.signature import Signature, label_text
from maas.tables.stream.arrays import coded_array, flag_array, number_array, text_array

PREDICTION = "prediction"
"""The column of labels or numbers."""

Places = npt.NDArray[np.int32]


def answer_schema(signature: Signature, probabilities: bool) -> pa.Schema:
    """The columns of the answers: `prediction`, and `probability_<class>` if asked for."""
    names = probability_names(signature) if probabilities else []
    fields = [(PREDICTION, _label_type(signature)), *((name, pa.float64()) for name in names)]
    return pa.schema(fields)


def probability_names(signature: Signature) -> list[str]:
    """The columns of the probabilities, in the order of the classes."""
    return [f"probability_{label_text(label)}" for label in signature.classes or ()]


def _label_type(signature: Signature) -> pa.DataType:
    match (signature.classes or (0.0,))[0]:
        case bool():
            return pa.bool_()
        case str():
            return pa.dictionary(pa.int32(), pa.string())
        case int():
            return pa.int64()
        case _:
            return pa.float64()


class Answers:
    """Asks a model, and makes columns of what it says.

    Args:
        predictor: the model.
        probabilities: whether the probability of each class is wanted.
        gives_places: whether the model answers with the places of its classes, not with them.

    Attributes:
        schema: of the columns.
    """

    def __init__(
        self, predictor: Predictor, probabilities: bool, gives_places: bool = False
    ) -> None:
        self._predictor, self._probabilities = predictor, probabilities
        self._gives_places = gives_places
        signature = predictor.signature
        self.schema = answer_schema(signature, probabilities)
        self._classes: Sequence[object] = signature.classes or ()
        self._texts = text_array([label_text(label) for label in signature.classes or ()])
        self._places = {label: place for place, label in enumerate(self._classes)}

    def answer(self, matrix: Matrix) -> tuple[list[pa.Array], Array]:
        """Answer rows.

        Args:
            matrix: shape (rows, features), with at least one row.

        Returns:
            The columns, and for each row what `BinCounts` takes: the place of its class if
            that is a text, else its label or number.

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        predictor = self._predictor
        parts: list[Array] = []
        probabilities: list[Array] = []
        # Block by block: the texts of many rows would leave the processor's cache.
        for rows in predictor.blocks.split(len(matrix)):
            if self._probabilities:
                answers, given = predictor.answers_with_probabilities(matrix[rows])
                probabilities.append(given)
            else:
                answers = predictor.answers(matrix[rows])
            parts.append(self._find_places(answers) if self._classes else answers)
        column, values = self._make_column(np.concatenate(parts))
        wide = np.concatenate(probabilities).T if probabilities else ()
        return [column, *(number_array(np.asarray(p, dtype=np.float64)) for p in wide)], values

    def _find_places(self, answers: Array) -> Places:
        """The place of each label among the classes."""
        if self._gives_places:
            return answers.astype(np.int32)
        try:
            places = map(self._places.__getitem__, answers.tolist())
            return np.fromiter(places, np.int32, len(answers))
        except KeyError as error:
            what = f"answers {error}, which is not one of its classes"
            raise ParityError("the model", what, "train the version again") from None

    def _make_column(self, found: Array) -> tuple[pa.Array, Array]:
        """The column of numbers or places, and what is counted of it."""
        if not self._classes:
            numbers = found.astype(np.float64, copy=False)
            return number_array(numbers), numbers
        if isinstance(self._classes[0], str):
            return coded_array(found, self._texts), found
        if isinstance(self._classes[0], bool):
            flags = np.array(self._classes, dtype=bool)[found]
            return flag_array(flags), flags
        labels = np.array(self._classes, dtype=np.int64)[found]
        return number_array(labels), labels
