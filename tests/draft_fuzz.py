"""Random tables as people export them: kinds of columns, targets and dialects at random."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

Cell = Callable[[Random, int], str]
"""A cell of a column, from chance and the number of its row."""

FEATURES: dict[str, Cell] = {
    "number": lambda r, _: f"{r.gauss(0, 10):.2f}",
    "integer": lambda r, _: str(r.randint(-5, 50)),
    "large": lambda r, _: str(r.randint(0, 10**15)),
    "few": lambda r, _: str(r.randint(0, 2)),
    "colour": lambda r, _: r.choice(["red", "green", "blue"]),
    "odd words": lambda r, _: r.choice(["a b", "c,d", "é;f", 'q"q', "1a", "#x", "yes"]),
    "flag": lambda r, _: r.choice(["true", "false"]),
    "day": lambda r, _: f"20{r.randint(10, 24)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}",
    "local day": lambda r, _: f"{r.randint(1, 28):02}.{r.randint(1, 12):02}.2023",
    "dirty day": lambda r, _: r.choice(["2024-01-05", "2024-13-45", "unknown"]),
    "time": lambda r, _: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}",
    "dollars": lambda r, _: f"${r.uniform(0, 5000):,.2f}",
    "several currencies": lambda r, _: f"{r.choice('$€£')}{r.uniform(0, 500):.2f}",
    "percent": lambda r, _: f"{r.uniform(0, 100):.1f}%",
    "thousands": lambda r, _: f"{r.randint(0, 10**6):,}",
    "brackets": lambda r, _: f"({r.uniform(0, 9):.2f})" if r.random() < 0.4 else "1.5",
    "kilograms": lambda r, _: f"{r.randint(1, 90)} kg",
    "id": lambda r, _: f"ID{r.randint(0, 10**9)}",
    "customer_id": lambda r, _: f"C{r.randint(0, 9):04}",
    "zip": lambda r, _: f"{r.randint(0, 20):05}",
    "half empty": lambda r, _: "" if r.random() < 0.5 else f"{r.random():.3f}",
    "lonely": lambda _, row: "9.5" if row == 7 else "",
    "constant": lambda *_: "7",
    "row": lambda _, row: str(row + 1),
    "year": lambda _, row: str(1950 + row),
    "words and numbers": lambda r, _: r.choice(["5", "7", "3+", "none", "12"]),
    "dashes": lambda r, _: r.choice(["-", "?", "1.5", "2.5", "3.5", "4.5", "0.25"]),
    "stars": lambda r, _: r.choice(["*", "**", "***"]),
    "note": lambda r, _: " ".join(r.choices(["lorem", "ipsum", "dolor"], k=r.randint(3, 7))),
    "two lines": lambda r, _: r.choice(["x\ny", "z"]),
    "rare": lambda r, row: "rare" if row == 11 else r.choice("AB"),
    "infinite": lambda r, _: r.choice(["inf", "1.5", "2.5", "nan"]),
    "tiny": lambda r, _: f"{r.random() * 10 ** r.randint(-8, 8):.3e}",
    "offset": lambda r, _: f"1000000.{r.randint(0, 99):02}",
}

TARGETS: dict[str, Cell] = {
    "amount": lambda r, _: f"{r.gauss(5, 3):.2f}",
    "count": lambda r, _: str(r.randint(0, 500)),
    "binary": lambda r, _: str(r.randint(0, 1)),
    "float flag": lambda r, _: r.choice(["0.0", "1.0", ""]),
    "classes": lambda r, _: r.choice("ABC"),
    "flag": lambda r, _: r.choice(["TRUE", "FALSE"]),
    "dollars": lambda r, _: f"${r.randint(1, 999)}",
    "percents": lambda r, _: f"{r.randint(0, 100)}%",
    "rare classes": lambda r, _: r.choice(["a"] * 30 + ["b"] * 20 + ["c", "d"]),
    "gaps": lambda r, _: r.choice(["", "1.5", str(r.randint(1, 50))]),
    "many classes": lambda r, _: f"class {r.randint(0, 60)}",
}


@dataclass(frozen=True)
class RandomTable:
    """A table; equal seeds give equal ones.

    Attributes:
        seed: what it is made of.
        kinds: of its columns, that of the target last.
        data: the file.
    """

    seed: int
    kinds: tuple[str, ...]
    data: bytes

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.seed}.csv"
        path.write_bytes(self.data)
        return path


def random_table(seed: int) -> RandomTable:
    """Make a table whose target is called `target`."""
    chance = Random(seed)
    rows = chance.choice([15, 25, 40, 60, 120, 250, 500])
    kinds = chance.choices(list(FEATURES), k=chance.choice([1, 2, 3, 5, 8, 12]))
    target = chance.choice(list(TARGETS))
    columns = [_column(chance, FEATURES[kind], rows) for kind in kinds]
    if chance.random() < 0.15:
        columns[0] = [f"k{cell}" for cell in columns[-1]]  # one column follows from another
    columns.append([TARGETS[target](chance, row) for row in range(rows)])
    names = [f"{kind} {n}" if kinds.count(kind) > 1 else kind for n, kind in enumerate(kinds)]
    if chance.random() < 0.1:
        names[0] = ""
    data = _write(chance, [*names, "target"], columns)
    return RandomTable(seed, (*kinds, target), data)


def _column(chance: Random, cell: Cell, rows: int) -> list[str]:
    share, word = chance.choice([0, 0, 0, 0.02, 0.3]), chance.choice(["", "", "NA", "-", "missing"])
    return [word if chance.random() < share else cell(chance, row) for row in range(rows)]


def _write(chance: Random, names: list[str], columns: list[list[str]]) -> bytes:
    text = io.StringIO()
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    delimiter, end = chance.choice([",", ",", ";", "\t", "|"]), chance.choice(["\n", "\r\n"])
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(names)
    writer.writerows(zip(*columns, strict=True))
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"])
    return text.getvalue().encode(encoding, "replace")
