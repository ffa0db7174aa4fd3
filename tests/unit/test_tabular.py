"""Tables from file to file: names stay names, the same bytes twice, damage is noticed."""

from itertools import product

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framefault.errors import UserError
from framefault.tabular import read_csv, read_parquet, write_csv, write_parquet

NAMES = ["none", "None", "NA", "N/A", "nan", "null", "NULL", "-", "hôtel/été 日本"]
SCHEMA = pa.schema({"clip": pa.string(), "count": pa.int32(), "logits": pa.list_(pa.float32())})
ROWS = [
    {"clip": "run/a b", "count": 3, "logits": [0.5, -1.25]},
    {"clip": "none", "count": None, "logits": []},
    {"clip": 'comma, "quote"', "count": 0, "logits": [float("inf"), 0.1]},
]


@pytest.fixture
def parquet(tmp_path):
    write_parquet(tmp_path / "t.parquet", ROWS * 40, SCHEMA)
    return tmp_path / "t.parquet"


# CSV --------------------------------------------------------------------------------------------


def test_csv_has_unix_line_ends_and_survives_special_characters(tmp_path):
    rows = [{"clip": name, "count": index} for index, name in enumerate(NAMES)]
    rows.append({"clip": 'comma, "quote"\nnew line', "count": -1})
    write_csv(tmp_path / "t.csv", rows)
    assert read_csv(tmp_path / "t.csv").to_dict("records") == rows
    assert b"\r" not in (tmp_path / "t.csv").read_bytes()


def test_csv_is_what_it_looks_like(tmp_path):
    table = pd.DataFrame({"p": ["1e-4", "none"], "value": [0.1, None]}, index=[7, 9])
    write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == "p,value\n1e-4,0.1\nnone,\n"


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_text_and_only_empty_fields_are_missing(tmp_path, name):
    (tmp_path / "t.csv").write_text(f"model,start\n{name},\n,{name}\n", encoding="utf-8")
    table = read_csv(tmp_path / "t.csv")
    assert table["model"].fillna("missing").tolist() == [name, "missing"]
    assert table["start"].fillna("missing").tolist() == ["missing", name]


def test_types_say_what_must_not_be_guessed(tmp_path):
    (tmp_path / "t.csv").write_text("clip,level,size\n007,1e-4,3\n")
    told = read_csv(tmp_path / "t.csv", {"clip": str, "level": str})
    assert told.to_dict("records") == [{"clip": "007", "level": "1e-4", "size": 3}]
    assert read_csv(tmp_path / "t.csv")["clip"].tolist() == [7]


def test_numbers_come_back_to_the_last_digit(tmp_path):
    numbers = [0.1, 1 / 3, 1e-300, 123456789.123456789, 2**53 + 1]
    write_csv(tmp_path / "t.csv", [{"x": number} for number in numbers[:4]])
    assert read_csv(tmp_path / "t.csv")["x"].tolist() == numbers[:4]
    write_csv(tmp_path / "t.csv", [{"x": numbers[4]}])
    assert read_csv(tmp_path / "t.csv")["x"].tolist() == [numbers[4]]


def test_same_csv_has_the_same_bytes_as_rows_and_as_a_frame(tmp_path):
    rows = [{"clip": "a", "x": 0.1}, {"clip": "b", "x": 2.0}]
    for name, table in (("one", rows), ("two", rows), ("three", pd.DataFrame(rows))):
        write_csv(tmp_path / name, table)
    assert len({(tmp_path / name).read_bytes() for name in ("one", "two", "three")}) == 1


# Parquet ----------------------------------------------------------------------------------------


def test_parquet_gives_back_its_rows(parquet):
    rows = read_parquet(parquet, SCHEMA).to_pylist()
    assert [row["clip"] for row in rows[:3]] == [row["clip"] for row in ROWS]
    assert rows[0] == ROWS[0] and rows[1] == ROWS[1]
    assert len(rows) == 120


def test_same_parquet_has_the_same_bytes_as_rows_and_as_a_frame(tmp_path, parquet):
    write_parquet(tmp_path / "again.parquet", ROWS * 40, SCHEMA)
    frame = read_parquet(parquet, SCHEMA).to_pandas()
    frame.index = range(7, 7 + len(frame))
    frame["count"] = frame["count"].astype("Int32")
    write_parquet(tmp_path / "frame.parquet", frame, SCHEMA)
    assert (tmp_path / "again.parquet").read_bytes() == parquet.read_bytes()
    assert (tmp_path / "frame.parquet").read_bytes() == parquet.read_bytes()
    assert pq.read_schema(tmp_path / "frame.parquet").names == SCHEMA.names


@pytest.mark.parametrize("kept", [0, 4, 200, -1])
def test_truncated_parquet_is_named(parquet, kept):
    parquet.write_bytes(parquet.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"t\.parquet is damaged .*`rm -r .*t\.parquet` and run"):
        read_parquet(parquet, SCHEMA)


def test_any_damaged_byte_of_a_parquet_is_reported_or_harmless(parquet):
    data, rows = parquet.read_bytes(), read_parquet(parquet, SCHEMA)
    unnoticed, reported = {}, 0
    for at, mask in product(range(len(data)), (1, 16, 255)):
        parquet.write_bytes(data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :])
        try:
            if not read_parquet(parquet, SCHEMA).equals(rows):
                unnoticed[at, mask] = "other rows"
        except UserError:
            reported += 1
        except Exception as error:
            unnoticed[at, mask] = repr(error)
    assert unnoticed == {}
    assert reported > 3 * len(data) / 2


def test_parquet_with_other_columns_is_no_file_of_ours(tmp_path):
    write_parquet(tmp_path / "t.parquet", [{"clip": "a"}], pa.schema({"clip": pa.string()}))
    with pytest.raises(UserError, match=r"t\.parquet is damaged"):
        read_parquet(tmp_path / "t.parquet", SCHEMA)


def test_absent_parquet_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_parquet(tmp_path / "absent.parquet", SCHEMA)


def test_rows_that_do_not_fit_leave_no_parquet(tmp_path):
    with pytest.raises(pa.ArrowException):
        write_parquet(tmp_path / "t.parquet", [{"clip": "a", "count": "many"}], SCHEMA)
    assert list(tmp_path.iterdir()) == []
