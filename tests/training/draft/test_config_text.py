"""A draft as YAML: what it loads as, and what its comments say."""

import re
from pathlib import Path
from random import Random

import pytest

from maas.config.reading import load_train_config
from maas.config.train_config import TrainConfig
from maas.tables.column_draft import ColumnDraft
from maas.tables.dialect import Dialect
from maas.tables.target_draft import TargetDraft
from maas.training.draft.config_text import write_config
from maas.training.draft.draft import Draft, EstimatorDraft
from tests.training.draft.drafts import draft

NAMES = [
    "size (m²)", "a: b", "#", "- x", "yes", "null", "1e5", "3", "'", '"', "\\", "é\u2028\x85", "😀",
    "key\ttab", " lead", "trail ", "{a}", "[", "&a", "*a", "!x", "%", "@", "`", "a #b", "~", "٣",
]  # fmt: skip


def load(drafted: Draft, folder: Path) -> TrainConfig:
    path = folder / "c.yaml"
    path.write_text(write_config(drafted), encoding="utf-8")
    return load_train_config(path)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_read_as_it_is(name: str, tmp_path: Path):
    drafted = draft(
        source=f"{name}.csv",
        dialect=Dialect(forms={name: "money", "day": "%d.%m.%Y"}, null_values=(name,)),
        target=TargetDraft(f"{name} t", "regression", name),
        columns=(
            ColumnDraft(name, name, type="category"),
            ColumnDraft(f"{name}2", name),
            ColumnDraft(f"{name}3", name, left_out=True, type="category", split="time"),
        ),
    )
    assert load(drafted, tmp_path) == drafted.config()


def random_name(chance: Random) -> str:
    """A name of any characters but surrogates, many of them with a meaning in YAML."""
    odd = "#:-?{}[]&*!|>'\"%@`~, \t\n\r\\\0\x85\u2028\ufeff"
    size = chance.randint(1, 30)
    ranges = [(32, 126), (0, 0xD7FF), (0xE000, 0x10FFFF)]
    return "".join(
        chance.choice(odd) if chance.random() < 0.5 else chr(chance.randint(*chance.choice(ranges)))
        for _ in range(size)
    )


def test_any_names_are_read_as_they_are(tmp_path: Path):
    chance = Random(1)
    for _ in range(200):
        names = list(dict.fromkeys(random_name(chance) for _ in range(5)))
        columns = tuple(ColumnDraft(name, name) for name in names)
        drafted = draft(columns=columns, dialect=Dialect(null_values=tuple(names)))
        assert load(drafted, tmp_path) == drafted.config()


def test_all_keys_are_written(tmp_path: Path):
    drafted = draft(
        is_whole=False,
        dialect=Dialect(";", ",", "cp1252", ("?", "-"), {"rent": "money"}),
        target=TargetDraft("kind", "classification", "3 classes", 4, None, 5, 7),
        estimator=EstimatorDraft("RandomForestClassifier", {"n_estimators": 10}, "suits it"),
        split_method="random",
        test_size=0.3,
        encode="ordinal",
        unknown="ignore",
        texts_seen="many texts",
    )
    config = load(drafted, tmp_path)
    assert config == drafted.config()
    data = config.data
    assert (data.delimiter, data.decimal, data.encoding) == (";", ",", "cp1252")
    assert (data.min_class_rows, data.drop_rows_without_target) == (5, True)
    assert config.preprocessing.encode == "ordinal"
    assert config.split.method == "random"


def test_a_column_that_is_left_out_is_used_without_its_comment(tmp_path: Path):
    left_out = ColumnDraft("Name", "an id", left_out=True, type="category")
    drafted = draft(columns=(*draft().columns, left_out))
    text = write_config(drafted)
    assert load(drafted, tmp_path).data.features == {"size": "size"}
    line = next(line for line in text.splitlines() if "left out: an id" in line)
    path = tmp_path / "used.yaml"
    path.write_text(text.replace(line, line.replace("# ", "", 1)), encoding="utf-8")
    features = load_train_config(path).data.features or {}
    assert list(features) == ["size", "Name"]


def test_a_column_that_training_does_not_take_is_not_written_as_if_it_did():
    dates = ColumnDraft("day", "dates", left_out=True, is_usable=False)
    nameless = ColumnDraft("", "no name", left_out=True, is_usable=False)
    text = write_config(draft(columns=(*draft().columns, dates, nameless)))
    assert re.search(r"^    # day +# left out: dates$", text, re.MULTILINE)
    assert re.search(r'^    # "" +# left out: no name$', text, re.MULTILINE)


@pytest.mark.parametrize(("method", "held_out"), [("time", "newest rows"), ("group", "some ids")])
def test_another_split_is_one_line(tmp_path: Path, method: str, held_out: str):
    column = ColumnDraft("day", "dates", left_out=True, split=method)
    drafted = draft(columns=(*draft().columns, column))
    lines = write_config(drafted).splitlines()
    (own,) = (line for line in lines if line.startswith("split:"))
    (other,) = (line for line in lines if line.startswith("# split:") and held_out in line)
    lines.remove(own)
    path = tmp_path / "c.yaml"
    path.write_text("\n".join(lines).replace(other, other[2:]), encoding="utf-8")
    split = load_train_config(path).split
    assert (split.method, split.column) == (method, "day")


def test_what_is_in_doubt_is_said():
    text = write_config(
        draft(
            dialect=Dialect(encoding="cp850"),
            encoding_seen="a guess: try cp1252",
            doubts=("commas and points", "ragged\x85lines"),
        )
    )
    assert "\n# Beware: commas and points.\n# Beware: ragged\\u0085lines.\n\n" in text
    assert "  encoding: cp850                             # a guess: try cp1252\n" in text


def test_it_reads_well():
    drafted = draft(
        columns=(*draft().columns, ColumnDraft("id", "an id", left_out=True, type="category"))
    )
    assert write_config(drafted) == EXPECTED


EXPECTED = """\
# Drafted from flats.csv: all of its 20 rows.
# Each comment says what was seen. Change what you know better: docs/your-data.md.

model_name: flats
paths: {models_dir: models/flats}

data:
  source: flats.csv
  target: rent                                # 20 different numbers: regression
  features:  # name in the API: column; a line with # is left out, and used without it
    # (ids and free text, if they are used, need preprocessing: {unknown: ignore})
    size: size                                # number: 19 values
    # id: {column: id, type: category}        # left out: an id

split: {test_size: 0.2}                       # at random

estimator:
  name: Ridge                                 # suits 20 rows
"""
