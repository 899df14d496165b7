"""Whatever is drafted is trained, and every split that a comment offers divides the rows."""

import re
import warnings
from pathlib import Path

import pytest

from maas.config.reading import load_train_config
from maas.errors import InputError
from maas.tables.unknown.unknown_file import read_unknown
from maas.training.data import read_dataset
from maas.training.draft.config_text import write_config
from maas.training.draft.steps import make_draft
from maas.training.run import build
from maas.training.split import split_rows
from tests.draft_fuzz import random_table
from tests.suite_size import choose

pytestmark = pytest.mark.draft

TABLES = choose(8, 20, 400)


@pytest.mark.parametrize("seed", range(TABLES))
def test_what_is_drafted_is_trained(seed: int, tmp_path: Path):
    path = random_table(seed).write(tmp_path)
    try:
        drafted = make_draft(read_unknown(path), path.name, "target")
    except InputError:
        return
    text = write_config(drafted)
    assert write_config(make_draft(read_unknown(path), path.name, "target")) == text
    config = tmp_path / "c.yaml"
    config.write_text(text, encoding="utf-8")
    loaded = load_train_config(config, ["numerics=native"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        build(loaded, read_dataset(loaded, tmp_path))
    for line in re.findall(r"^# (split: .*)$", text, re.MULTILINE):
        config.write_text(re.sub(r"^split: .*$", lambda _, own=line: own, text, flags=re.MULTILINE))
        other = load_train_config(config)
        split_rows(other, read_dataset(other, tmp_path), drafted.target.task)


def test_most_tables_are_drafted(tmp_path: Path):
    drafted = 0
    for seed in range(12):
        path = random_table(seed).write(tmp_path)
        try:
            read_unknown(path)
        except InputError:
            continue
        drafted += 1
    assert drafted >= 9
