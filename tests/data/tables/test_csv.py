"""CSV files as programs and people write them give the values that were meant, or one sentence."""

from __future__ import annotations

import pytest

from qcsearch.data.sources.load import load_dataset
from qcsearch.data.tables.csv import read_csv
from qcsearch.errors import DataError

ROWS = [(1.5, 2, "u"), (2.5, 3, "v")] * 6


def written(separator=",", decimal=".", names=("a", "b", "kind"), quote="", end="\n") -> str:
    rows = [names, *([str(cell).replace(".", decimal) for cell in row] for row in ROWS)]
    return end.join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows) + end


def load(tmp_path, text: str | bytes, target: str | None = "kind", encoding: str = "utf-8"):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return load_dataset(path, target)


def check(dataset, names=("a", "b")):
    assert dataset.X.tolist() == [list(row[:2]) for row in ROWS]
    assert dataset.target.labels == ("u", "v")
    assert dataset.feature_names == names


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("decimal", "quote"), [(".", ""), (".", '"'), (",", '"')])
def test_separators_decimal_marks_and_quotes(separator, decimal, quote, tmp_path):
    dataset = load(tmp_path, written(separator, decimal, quote=quote))
    check(dataset)
    notices = () if decimal == "." else ("File 't.csv' is read with a comma as its decimal mark.",)
    assert dataset.notices == notices


@pytest.mark.parametrize("name", ["alcohol, vol %", "a|x", "a, b, c, d"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_separator_in_the_header_that_separates_no_rows_is_a_part_of_the_name(name, separator, tmp_path):
    check(load(tmp_path, written(separator, names=(name, "b", "kind"))), (name, "b"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding, tmp_path):
    check(load(tmp_path, written("\t", names=("ä", "b", "kind")), encoding=encoding), ("ä", "b"))


@pytest.mark.parametrize(
    "text",
    [
        written(end="\r\n"),
        written(end="\r"),
        written(end="\n\n"),
        written(end=",\n"),
        written().replace(",u\n", ",u,\n").replace(",v\n", ",v,,\n"),
        written().replace("kind\n", "kind,,\n"),
        written(", ", quote='"'),
        "sep=;\n" + written(";"),
        "sep=,\r\n" + written(end="\r\n"),
        written().replace("1.5", " +1.50e0 "),
    ],
)
def test_what_programs_add_changes_nothing(text, tmp_path):
    check(load(tmp_path, text))


def test_lines_are_counted_as_the_file_has_them(tmp_path):
    text = "sep=,\n" + written(end="\n\n").replace("1.5", "x", 1)
    with pytest.raises(DataError, match=r"row 1 \(line 4\)"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("True", "False"), (1, 0)),
        (("TRUE", "FALSE"), (1, 0)),
        (("false", "true"), (0, 1)),
        (("0", "1"), (0, 1)),
    ],
)
def test_truth_values_are_numbers_as_they_are_in_parquet(cells, expected, tmp_path):
    text = written().replace("1.5", cells[0]).replace("2.5", cells[1])
    assert load(tmp_path, text).X[:2, 0].tolist() == list(expected)


@pytest.mark.parametrize(
    "mark", ["", "NA", "n/a", "NaN", "null", "None", "?", "-", "--", ".", "<NA>", "#N/A"]
)
def test_what_stands_for_nothing_among_numbers_is_counted_as_missing(mark, tmp_path):
    with pytest.raises(DataError, match=r"missing values \(NaN or empty\) in 'a' \(6 of 12"):
        load(tmp_path, written().replace("1.5", mark))


@pytest.mark.parametrize(
    "cell", ["1,500", "1,500.5", "1.500,5", "1 500", "1'500", "1_500", "15%", "$5", "5 mg", "<5"]
)
def test_no_other_spelling_of_a_number_is_guessed(cell, tmp_path):
    with pytest.raises(DataError, match="text among numbers in 'a'"):
        load(tmp_path, written(quote='"').replace("1.5", cell))


@pytest.mark.parametrize("names", [("400.5", "401", "kind"), ("kind", "2019", "2020"), ("1", "2", "kind")])
def test_numbers_may_be_names(names, tmp_path):
    rows = [[a, b, kind] if names[2] == "kind" else [kind, a, b] for a, b, kind in ROWS]
    text = "\n".join(",".join(map(str, row)) for row in [names, *rows])
    check(load(tmp_path, text), tuple(name for name in names if name != "kind"))


@pytest.mark.parametrize("target", [None, "u", "kind", "3"])
@pytest.mark.parametrize("last", ["u", "3"])
def test_a_first_sample_is_no_header(target, last, tmp_path):
    rows = [(1.25, 2, last), *((a, b, {"u": last, "v": "4"}[kind]) for a, b, kind in ROWS)]
    with pytest.raises(DataError, match=r"has no header: its first row, '1\.25', '2'"):
        load(tmp_path, "\n".join(",".join(map(str, row)) for row in rows), target)


def test_every_trouble_of_every_column_is_told_at_once_with_a_way_out(tmp_path):
    rows = [
        (
            i,
            f"N{i}, Mr.",
            "fm"[i % 2],
            i if i % 5 else "",
            "" if i % 2 else "x",
            "seven" if i == 7 else i,
            "1e300",
            i % 2,
        )
        for i in range(20)
    ]
    names = ("id", "name", "sex", "age", "cabin", "count", "huge", "label")
    text = "\n".join(";".join(map(str, row)) for row in [names, *rows])
    with pytest.raises(DataError) as caught:
        load(tmp_path, text, None)
    for part in (
        "text in 'name' (another in every row, the text 'N0, Mr.' in row 1 (line 2)), 'sex' (2 different",
        "text among numbers in 'count' (1 of 20 cells, the text 'seven' in row 8 (line 9))",
        "missing values (NaN or empty) in 'age' (4 of 20, the first in row 1 (line 2)), 'cabin' (10 of 20",
        "infinite or beyond ±1e+100 in 'huge' (1e+300 in row 1",
        "--encode onehot",
        "--impute median",
        "--drop name",
    ):
        assert part in str(caught.value)
    assert "'id'" not in str(caught.value)


def test_a_dash_is_a_text_among_texts(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n-,u\n+,v\n-,u\nnone,v\n")
    column = read_csv(tmp_path / "t.csv").read(["a"])[0]
    assert column.as_texts() == ["-", "+", "-", "none"]
    assert len(column.missing) == 0


def test_a_single_column_is_told_what_separates(tmp_path):
    with pytest.raises(DataError, match="separate the cells by comma, semicolon, tab or bar"):
        load(tmp_path, written(" "))


def test_a_fraction_with_a_comma_is_no_class(tmp_path):
    rows = "".join(f"{i};{i * i % 7};{i},5\n" for i in range(12))
    with pytest.raises(DataError, match="looks like a regression"):
        load(tmp_path, f"a;b;kind\n{rows}")


@pytest.mark.parametrize("day", ["2020-01-{}", "{}.1.2020", "1/{}/20"])
def test_dates_are_no_categories(day, tmp_path):
    rows = "".join(f"{i},{day.format(1 + i % 7)},{'uv'[i % 2]}\n" for i in range(12))
    with pytest.raises(DataError) as caught:
        load(tmp_path, f"a,when,kind\n{rows}")
    assert "turn dates into numbers" in str(caught.value)
    assert "--encode" not in str(caught.value)
