"""The command `init`: what it writes, prints and refuses; what it drafts is trained."""

import json
import random
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from maas.config.reading import load_train_config
from tests.commands.conftest import Done, Maas
from tests.workspace import PROJECT, Workspace

Write = Callable[..., Path]


def orders(rows: int = 200) -> str:
    """A file as people publish them: row names, an id, dates, money, gaps and rare classes."""
    chance = random.Random(7)
    lines = ['"","order_id","day","price","weight","city","note","kind"']
    for row in range(rows):
        weight = chance.uniform(1, 9)
        kind = "" if row % 50 == 3 else "rare" if row == 5 else "big" if weight > 5 else "small"
        gap = "?" if row % 20 == 0 else f"{weight:.2f}"
        city = chance.choice(["Berlin", "Paris", "Rome"])
        day = f"{row % 28 + 1}.{row // 28 + 1}.2024"
        price = f'"$1,{chance.randrange(100, 999)}.50"'
        lines.append(f"{row + 1},A{row:05},{day},{price},{gap},{city},text {row},{kind}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str, name: str = "orders.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def init(maas: Maas, tmp_path: Path) -> Callable[..., Done]:
    """Run init with an output in the test's folder."""

    def run(path: Path | str, *args: str, output: str = "c.yaml") -> Done:
        return maas("init", str(path), "--output", str(tmp_path / output), *args)

    return run


def test_a_draft_names_what_was_seen(init: Callable[..., Done], write: Write, tmp_path: Path):
    done = init(write(orders()), "--target", "kind")
    assert done.code == 0, done.err
    config = load_train_config(tmp_path / "c.yaml")
    assert config.model_name == "orders"
    assert config.paths.models_dir == "models/orders"
    data = config.data
    assert (data.source, data.target) == ("orders.csv", "kind")
    assert list(data.features or {}) == ["price", "weight", "city"]
    assert data.forms == {"price": "money", "day": "%d.%m.%Y"}
    assert data.null_values == ("?",)
    assert (data.drop_rows_without_target, data.min_class_rows) == (True, 5)
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    for comment in (
        '# ""  ',
        "left out: no name: most likely the row names of a table",
        "left out: another text in each of 196 rows, an id",
        "left out: 196 dates, left out until dates are a type",
        "amounts of money, read as numbers",
        "# split: {method: time, column: day}",
        "4 rows without a value of the target",
        "leaves out 1 row of rarer classes",
    ):
        assert comment in text
    assert "A00001" not in text
    assert "2024" not in text


def test_the_draft_is_trained_as_it_is(
    init: Callable[..., Done], write: Write, tmp_path: Path, workspace: Workspace
):
    init(write(orders()), "--target", "kind")
    version = workspace.train_here(config=tmp_path / "c.yaml")
    manifest = version.manifest
    assert (manifest.model_name, manifest.data.rows) == ("orders", 195)
    assert [feature.type for feature in manifest.signature.features] == [
        "number", "number", "category",
    ]  # fmt: skip
    assert manifest.signature.classes == ("big", "small")
    assert manifest.warnings == ()


def test_another_split_of_the_draft_is_trained(
    init: Callable[..., Done], write: Write, tmp_path: Path, workspace: Workspace
):
    chance = random.Random(3)
    lines = ["year,day,size,rent"]
    for row in range(120):
        day = "2024-13-45" if row % 5 == 0 else f"2024-01-{row % 28 + 1:02}"
        rent = "unknown" if row % 10 == 0 else f"${chance.randrange(100, 999)}"
        lines.append(f"{1900 + row},{day},{chance.random():.3f},{rent}")
    init(write("\n".join(lines) + "\n", "flats.csv"), "--target", "rent")
    path = tmp_path / "c.yaml"
    text = path.read_text(encoding="utf-8")
    assert "left out: 96 dates and 12 other texts, left out until dates are a type" in text
    (other,) = (line for line in text.splitlines() if line.startswith("# split:"))
    rest = [line for line in text.splitlines() if not line.startswith("split:")]
    path.write_text("\n".join(rest).replace(other, other[2:]), encoding="utf-8")
    config = load_train_config(path)
    assert config.data.null_values == ("unknown",)
    assert config.data.forms == {"rent": "money"}
    assert config.split.column == "year"
    assert workspace.train_here(config=path).manifest.data.rows == 108


def test_it_ends_with_the_next_three_commands(init: Callable[..., Done], write: Write):
    *_, train, serve, curl = init(write(orders()), "--target", "weight").out.splitlines()
    assert shlex.split(train)[:3] == ["python", "train.py", "--config"]
    assert shlex.split(serve) == ["MODELS_DIR=models/orders", "bentoml", "serve"]
    words = shlex.split(curl)
    assert words[:4] == ["curl", "-X", "POST", "localhost:8000/predict"]
    assert set(json.loads(words[-1])) == {"price", "city", "kind"}


def test_the_printed_request_is_json_whatever_the_names_are(
    init: Callable[..., Done], write: Write
):
    names = ["next\x85line", "zero\u200bwidth", "tag\U000e0041"]
    lines = [",".join([*names, "größe", "y"])]
    lines += [f"{n % 7},{n % 11},{n % 5},{n % 3},{n * n % 101}" for n in range(60)]
    done = init(write("\n".join(lines) + "\n"), "--target", "y")
    assert done.code == 0, done.err
    row = shlex.split(done.out.splitlines()[-1])[-1]
    assert set(json.loads(row)) == {*names, "größe"}
    assert "größe" in row
    assert row.isprintable()


def test_what_is_guessed_of_a_file_is_said(
    init: Callable[..., Done], tmp_path: Path, workspace: Workspace
):
    thousands = [f"{n % 9 + 1}.{n * 37 % 900 + 100}" for n in range(60)]
    lines = [f"{a};{n % 7},5;{n % 5},5;{n % 5}.5;{n % 2}" for n, a in enumerate(thousands)]
    text = "\n".join(["größe;b;c;d;y", *lines, "Süd: Summe;;;;", "Summe;1,5;2,5;2.5;"]) + "\n"
    (tmp_path / "dos.csv").write_bytes(text.encode("cp850"))
    done = init(tmp_path / "dos.csv", "--target", "y")
    assert done.code == 0, done.err
    assert "beware: the last row is called a total: if it sums up the others" in done.err
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    assert "\n# Beware: the last row is called a total: if it sums up the others" in text
    assert (
        "\n# Beware: decimal commas in 2 columns, decimal points in 1 column: numbers are" in text
    )
    assert "  encoding: cp850                             # a guess, as the file is not" in text
    assert "left out: numbers with decimal points, with another decimal mark than other" in text
    signature = workspace.train_here(config=tmp_path / "c.yaml").manifest.signature
    assert [f.name for f in signature.features] == ["größe", "b", "c"]


def test_json_is_one_document(init: Callable[..., Done], write: Write):
    document = init(write(orders()), "--target", "kind", "--json").document
    assert document["target"] == {
        "column": "kind",
        "task": "classification",
        "seen": "3 classes",
    }
    assert [column["column"] for column in document["features"]] == ["price", "weight", "city"]
    assert [column["column"] for column in document["left_out"]] == ["", "order_id", "day", "note"]
    assert document["read"] == "all of its 200 rows"
    assert len(document["commands"]) == 3


def test_without_a_target_the_candidates_are_listed(init: Callable[..., Done], write: Write):
    done = init(write(orders()))
    assert done.code == 2
    assert [line.split("  ")[0] for line in done.out.splitlines()] == [
        "price", "weight", "city", "kind",
    ]  # fmt: skip
    assert done.err.startswith("error: --target: is missing")
    assert "Traceback" not in done.err
    listed = init(write(orders()), "--json").document["candidates"]
    assert listed[-1] == {"column": "kind", "task": "classification", "seen": "3 classes"}


def test_a_column_that_does_not_exist_is_refused_with_the_nearest(
    init: Callable[..., Done], write: Write
):
    done = init(write(orders()), "--target", "Kind")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'kind'?" in done.err


def test_a_config_that_exists_is_not_replaced(
    init: Callable[..., Done], write: Write, tmp_path: Path
):
    path = write(orders())
    (tmp_path / "c.yaml").write_text("mine: 1\n", encoding="utf-8")
    done = init(path, "--target", "kind")
    assert done.code == 2
    assert "exists; name another --output, or replace it with --force" in done.err
    assert (tmp_path / "c.yaml").read_text(encoding="utf-8") == "mine: 1\n"
    assert init(path, "--target", "kind", "--force").code == 0
    assert load_train_config(tmp_path / "c.yaml").model_name == "orders"
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".")]


HEAD = "a,b,y\n"
ROWS = "".join(f"{n % 7},{n % 5}.5,{n % 2}\n" for n in range(40))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "0 bytes"),
        (HEAD, "a header without rows"),
        (HEAD + "1,2,3\n", "1 row with a value, too few"),
        ("y\n" + "".join(f"{n % 2}\n" for n in range(40)), "has no column to predict from"),
        (HEAD + ROWS + HEAD + ROWS, "header"),
        (HEAD + ROWS + "1,2\n" + ROWS, "column"),
        (HEAD + "".join(f"{n},{n},x{n}\n" for n in range(40)), "another text in each of 40 rows"),
        (HEAD + "".join(f"{n % 3},{n},1\n" for n in range(40)), "the same value in every row"),
        (HEAD + "".join(f"{n % 3},{n % 4},{n}\n" for n in range(40)), "as row numbers do"),
        ("y,y,a\n" + ROWS, "exists 2 times"),
        ("\0\1\2\3" * 100, "not"),
    ],
)
def test_what_no_config_can_mend_is_one_line(
    init: Callable[..., Done], write: Write, tmp_path: Path, text: str, what: str
):
    done = init(write(text), "--target", "y")
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith("error: ")
    assert what in line
    assert not (tmp_path / "c.yaml").exists()


def test_files_that_are_none_are_one_line(init: Callable[..., Done], tmp_path: Path):
    for path in (tmp_path / "no.csv", tmp_path):
        done = init(path, "--target", "y")
        assert done.code == 2
        assert len(done.err.splitlines()) == 1


def test_far_too_many_columns_are_refused(init: Callable[..., Done], write: Write):
    wide = ",".join(f"c{n}" for n in range(100_000)) + "\n" + ",".join(["1"] * 100_000) + "\n"
    done = init(write(wide), "--target", "c0")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "100000 columns" in done.err.replace(" ", "").replace("columns", " columns")


def test_a_leak_is_named_and_left_out(init: Callable[..., Done], write: Write, tmp_path: Path):
    rows = [(n % 9, n * 37 % 101) for n in range(200)]
    lines = [f"{a},{y},{y * 100},{y % 2}" for a, y in rows]
    init(write("a,euros,cents,b\n" + "\n".join(lines) + "\n"), "--target", "euros")
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    assert "left out: a leak: is the target on another scale" in text
    assert list(load_train_config(tmp_path / "c.yaml").data.features or {}) == ["a", "b"]


def test_the_last_columns_are_kept_whatever_they_are(
    init: Callable[..., Done], write: Write, tmp_path: Path
):
    lines = "\n".join(f"{n * n},{n * n * 3}" for n in range(50))
    init(write(f"x,y\n{lines}\n"), "--target", "y")
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    assert "kept, since nothing else is left" in text
    assert load_train_config(tmp_path / "c.yaml").data.features == {"x": "x"}


@pytest.mark.parametrize("inside", [True, False])
def test_the_source_is_relative_to_where_training_looks(
    init: Callable[..., Done],
    write: Write,
    tmp_path: Path,
    inside: bool,
    monkeypatch: pytest.MonkeyPatch,
):
    (tmp_path / "data").mkdir()
    write(orders(), "data/orders.csv")
    monkeypatch.chdir(tmp_path)
    output = "c.yaml" if inside else "configs/c.yaml"
    assert init("data/orders.csv", "--target", "kind", output=output).code == 0
    source = load_train_config(tmp_path / output).data.source
    assert source == ("data/orders.csv" if inside else "../data/orders.csv")


def test_the_same_file_gives_the_same_draft(
    init: Callable[..., Done], write: Write, tmp_path: Path
):
    path = write(orders())
    for output in ("1.yaml", "2.yaml"):
        init(path, "--target", "kind", output=output)
    assert (tmp_path / "1.yaml").read_bytes() == (tmp_path / "2.yaml").read_bytes()


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("orders.tsv", "delimiter", "\t"), ("orders.csv", "delimiter", ";")],
)
def test_other_separators_are_found(
    init: Callable[..., Done],
    write: Write,
    tmp_path: Path,
    workspace: Workspace,
    name: str,
    key: str,
    value: str,
):
    lines = [f"{n % 7}{value}{n % 5},5{value}{'ab'[n % 2]}" for n in range(60)]
    init(write(f"a{value}b{value}y\n" + "\n".join(lines) + "\n", name), "--target", "y")
    data = load_train_config(tmp_path / "c.yaml").data
    assert getattr(data, key) == value
    assert data.decimal == ","
    version = workspace.train_here(config=tmp_path / "c.yaml")
    assert [f.type for f in version.manifest.signature.features] == ["integer", "number"]


def test_only_a_yaml_file_is_written(init: Callable[..., Done], write: Write):
    path = write(orders())
    before = path.read_bytes()
    done = init(path, "--target", "kind", "--force", output="orders.csv")
    assert (done.code, done.out) == (2, "")
    assert "name a .yaml file" in done.err
    assert path.read_bytes() == before
    done = init(path, "--target", "kind", output="orders.csv/c.yaml")
    assert (done.code, done.out) == (2, "")
    assert "is not a folder" in done.err
    assert init(path, "--target", "kind", output="new/folder/c.yaml").code == 0


def test_errors_name_the_file_as_it_was_given(
    init: Callable[..., Done], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write("a,y\n" + "".join(f"{n % 3},{n}\n" for n in range(30)), "mine.csv")
    monkeypatch.chdir(tmp_path)
    assert "not a column of mine.csv" in init("mine.csv", "--target", "z", output="x/c.yaml").err
    assert "error: mine.csv: target 'y'" in init("mine.csv", "--target", "y", output="x/c.yaml").err


def test_the_commands_can_be_run_from_any_folder(
    init: Callable[..., Done], write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write(orders())
    monkeypatch.chdir(PROJECT)
    *_, train, serve, _ = init(path, "--target", "kind").out.splitlines()
    assert train.startswith("python train.py --config ")
    assert serve == "MODELS_DIR=models/orders bentoml serve"
    monkeypatch.chdir(tmp_path)
    *_, train, serve, _ = init(path, "--target", "kind", "--force").out.splitlines()
    assert train == f"python {PROJECT}/train.py --config c.yaml"
    assert serve == f"cd {PROJECT} && MODELS_DIR=models/orders bentoml serve"


@pytest.mark.parametrize("cell", ["00{0}", '"a\nb{0}"'])
def test_a_target_that_training_does_not_take_is_refused(
    init: Callable[..., Done], write: Write, cell: str
):
    rows = "".join(f"{n % 7},{cell.format(n % 3)}\n" for n in range(60))
    done = init(write(f"a,y\n{rows}"), "--target", "y")
    assert (done.code, done.out) == (2, "")
    assert "which training does not take as a target" in done.err


def test_of_many_candidates_some_are_listed(init: Callable[..., Done], write: Write):
    names = ",".join(f"c{n}" for n in range(60))
    rows = "\n".join(",".join(str((row * n) % 7 + 0.5) for n in range(1, 61)) for row in range(30))
    done = init(write(f"{names}\n{rows}\n"))
    assert len(done.out.splitlines()) == 50
    assert "and 2 more" in done.err  # the others are constant
