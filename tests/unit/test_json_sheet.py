"""JSON files and archives read as sheets: paths, headers, exact texts, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.extract import json_sheet
from pipelines.extract.json_sheet import read_json_archive, read_json_sheet
from pipelines.extract.reading import read_sheet
from pipelines.extract.sheet import Sheet, UnreadableFileError, swapped, transposed

DOCUMENT = {
    "about": {"month": "2031-01", "total": 2},
    "published": True,
    "list": [
        {"name": "甲一市", "rates": {"住民": 0.65, "税": None}, "tags": ["a", "b"]},
        {"name": "甲二町", "rates": {"住民": 1.0}, "extra": False, "tags": []},
    ],
    "groups": [
        {
            "key": "x",
            "rows": [
                {"label": ["１．開始"], "text": "1"},
                {"label": ["２．適用年月日"], "text": "S.57. 4. 1"},
            ],
        },
        {"key": "y", "rows": [{"label": ["２．適用年月日"], "text": "H. 2. 4. 1"}]},
    ],
    "by_place": {"甲野県": {"rows": [{"n": 1}]}, "乙山県": {"rows": [{"n": 2}]}},
}


def _sheet(content: Any, *patterns: str) -> Sheet:
    return read_json_sheet(json.dumps(content, ensure_ascii=False).encode(), list(patterns))


def test_the_first_row_says_what_the_document_says_of_itself_and_the_second_is_the_header() -> None:
    sheet = _sheet(DOCUMENT, "list")
    assert sheet.name == "list"
    assert sheet.rows[:2] == [
        ["about>month: 2031-01", "about>total: 2", "published: true"],
        ["name", "rates>住民", "rates>税", "tags", "extra"],
    ]
    assert sheet.rows[2:] == [["甲一市", "0.65", "", "a、b", ""], ["甲二町", "1.0", "", "", "false"]]


@pytest.mark.parametrize("number", ["0.1", "1.10", "12345678901234567890.123456789", "1e-7", "-0"])
def test_numbers_keep_their_digits(number: str) -> None:
    assert read_json_sheet(f'{{"a": [{{"n": {number}}}]}}'.encode(), ["a"]).rows[2] == [number]


def test_entries_of_lists_within_entries_stand_with_what_encloses_them() -> None:
    sheet = _sheet(DOCUMENT, "groups.rows[label=*適用年月日]")
    assert sheet.rows[1:] == [
        ["$>groups>key", "label", "text"],
        ["x", "２．適用年月日", "S.57. 4. 1"],
        ["y", "２．適用年月日", "H. 2. 4. 1"],
    ]


def test_any_key_may_stand_for_a_name_and_is_kept() -> None:
    assert _sheet(DOCUMENT, "by_place.*.rows").rows[1:] == [
        ["$>by_place>*", "n"], ["甲野県", "1"], ["乙山県", "2"],
    ]  # fmt: skip


def test_an_object_is_a_list_of_one_and_a_document_may_be_a_list() -> None:
    assert _sheet(DOCUMENT, "about").rows[1:] == [["month", "total"], ["2031-01", "2"]]
    assert _sheet([{"n": 1}, {"n": 2}], "$").rows == [[], ["n"], ["1"], ["2"]]
    assert _sheet([{"k": "x", "in": [{"n": 1}]}], "in").rows[1:] == [["$>k", "n"], ["x", "1"]]


def test_the_first_path_with_entries_is_read() -> None:
    assert _sheet(DOCUMENT, "missing", "list").name == "list"


@pytest.mark.parametrize(
    ("data", "pattern"),
    [
        (b'{"a": [{"n": 1}', "a"),
        (b'{"a": [{"n": 1, "n": 2}]}', "a"),
        (b'{"a": []}', "a"),
        (b'{"a": [1, 2]}', "a"),
        (b'{"a": [{"n": 1}]}', "b"),
        (b'{"a": [{"n": 1}]}', "a["),
        (b"\xff\xfe{}", "a"),
        (b"<html></html>", "a"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "a"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, pattern: str) -> None:
    with pytest.raises(UnreadableFileError):
        read_json_sheet(data, [pattern])


def _tar(*members: tuple[str, bytes], kind: bytes | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if kind is not None:
                info.type, info.linkname, info.size = kind, "/etc/hosts", 0
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _body(year: int, *names: str) -> bytes:
    return json.dumps({"year": year, "list": [{"name": name} for name in names]}).encode()


def test_files_of_an_archive_stand_one_below_the_other_in_the_order_of_their_names() -> None:
    data = _tar(
        ("a/912010.json", _body(2031, "x", "y")), ("a/911003.json", _body(2031, "z")), ("a/note.txt", b"{")
    )
    assert read_json_archive(data, "*.json", ["list"]).rows == [
        ["year: 2031"], ["$file", "name"], ["911003", "z"], ["912010", "x"], ["912010", "y"],
    ]  # fmt: skip


def test_what_files_of_an_archive_say_differently_is_a_column_and_no_title() -> None:
    sheet = read_json_archive(
        _tar(("1.json", _body(2031, "x")), ("2.json", _body(2030, "y"))), "*.json", ["list"]
    )
    assert sheet.rows == [[], ["$file", "$>year", "name"], ["1", "2031", "x"], ["2", "2030", "y"]]


@pytest.mark.parametrize("name", ["../1.json", "/1.json", "a/../../1.json"])
def test_names_that_lead_out_of_an_archive_refuse_it(name: str) -> None:
    with pytest.raises(UnreadableFileError):
        read_json_archive(_tar((name, _body(2031, "x"))), "*.json", ["list"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_refuse_an_archive(kind: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read_json_archive(_tar(("1.json", b""), kind=kind), "*.json", ["list"])


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_sheet, "MAX_UNPACKED", 1000)
    with pytest.raises(UnreadableFileError):
        read_json_archive(_tar(("1.json", b" " * 600), ("2.json", b" " * 600)), "3.json", ["list"])


# Named, because packed bytes hold the second they were packed in and each worker collects for itself.
@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", gzip.compress(b"no archive"), _tar(("1.json", b"{}"))[:40]],
    ids=["empty", "no archive", "not a tar", "cut short"],
)
def test_a_broken_or_empty_archive_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read_json_archive(data, "*.json", ["list"])


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_one_file_of_a_zip_is_read_by_its_name(tmp_path: Path) -> None:
    path = _zip(tmp_path / "x.zip", **{"folder/別表.csv": b"a,b\n", "folder/市区町村比較.csv": b"c,d\n1,2\n"})
    sheet = read_sheet(path, path.name, ["*"], "*市区町村*.csv")
    assert sheet.rows == [["c", "d"], ["1", "2"]]
    assert sheet.name == "folder/市区町村比較.csv"


@pytest.mark.parametrize("member", ["*.csv", "*.xlsx", "市区町村"])
def test_several_files_of_a_zip_or_none_are_refused(tmp_path: Path, member: str) -> None:
    path = _zip(tmp_path / "x.zip", **{"1.csv": b"a\n", "2.csv": b"b\n"})
    with pytest.raises(UnreadableFileError):
        read_sheet(path, path.name, ["*"], member)


def test_a_sheet_on_its_side_has_its_columns_as_rows() -> None:
    sheet = Sheet(
        "s", [["", "甲一市", "甲二町"], ["AI", "実施"], ["RPA", "未実施", "実施"]], [((1, 0), (2, 0))]
    )
    turned = transposed(sheet)
    assert turned.rows == [["$body", "AI", "RPA"], ["甲一市", "実施", "未実施"], ["甲二町", "", "実施"]]
    assert turned.merged == [((0, 1), (0, 2))]


@pytest.mark.parametrize(
    ("turned", "cell"), [("A1", "A1"), ("C5", "E3"), ("AA2", "B27"), ("B1742", "BNZ2"), ("x", "x")]
)
def test_cells_of_a_sheet_on_its_side_have_the_addresses_of_the_file(turned: str, cell: str) -> None:
    assert swapped(turned) == cell
