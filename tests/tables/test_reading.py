"""Files and bundled data sets as tables."""

from maas.tables.reading import read_table
from tests.workspace import PROJECT


def test_the_bundled_sets_are_tables():
    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits"):
        assert "target" in read_table(name, PROJECT).column_names
