"""What a file really is: error pages, cut-off and hostile archives, and names as Japanese publishers write them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

import pipelines.acquire.content
from pipelines.acquire.content import (
    Kind,
    UnexpectedContentError,
    ZipMemberError,
    check_content,
    decode_html,
    open_zip_member,
)

PAGE = "<!DOCTYPE html><html><head><title>お探しのページは\n見つかりません</title></head></html>"


def xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["団体名", 1])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def ole(*names: str) -> bytes:
    """Return an OLE container of one allocation table, one directory of four entries and one sector of data."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFF] * 125)
    directory = b""
    for name in ("Root Entry", *names):
        raw = name.encode("utf-16-le")
        directory += raw.ljust(64, b"\0") + struct.pack("<H", len(raw) + 2) + bytes(62)
    return bytes(header) + table + directory.ljust(512, b"\0") + bytes(512)


GENUINE: dict[Kind, bytes] = {
    "xls": ole("Workbook"),
    "xlsx": xlsx(),
    "csv": "団体コード,団体名\r\n011002,札幌市\r\n".encode("cp932"),
    "json": '{"STATUS": 0, "名": "札幌市"}'.encode(),
    "zip": zipped(("a.csv", b"1")),
    "html": PAGE.encode(),
}


@pytest.mark.parametrize("kind", GENUINE)
def test_genuine_content_is_what_it_is(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(GENUINE[kind])
    assert check_content(path, kind) == kind
    assert check_content(GENUINE[kind], kind) == kind


@pytest.mark.parametrize("found", GENUINE)
@pytest.mark.parametrize("expected", GENUINE)
def test_only_the_two_excel_formats_stand_for_each_other(expected: Kind, found: Kind) -> None:
    if expected == found or {expected, found} == {"xls", "xlsx"}:
        assert check_content(GENUINE[found], expected) == found
    else:
        with pytest.raises(UnexpectedContentError):
            check_content(GENUINE[found], expected)


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "utf-16", "utf-8-sig"])
def test_an_error_page_is_quoted_by_its_title(codec: str) -> None:
    with pytest.raises(UnexpectedContentError) as caught:
        check_content(PAGE.encode(codec), "xlsx")
    assert caught.value.found_ja == "HTMLページ「お探しのページは 見つかりません」"
    assert "Expected an Excel workbook (.xlsx), found an HTML page" in caught.value.message_en
    assert str(caught.value) == f"{caught.value.message_ja} / {caught.value.message_en}"


@pytest.mark.parametrize(
    "page", [b"<html>", b"\r\n  <!-- x --><HTML lang=ja>", b'<?xml version="1.0"?><html>']
)
def test_pages_are_recognised_however_they_begin(page: bytes) -> None:
    assert check_content(page, "html") == "html"


@pytest.mark.parametrize("kind", GENUINE)
@pytest.mark.parametrize("nothing", [b"", b" \r\n", b"\0" * 4096, b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(kind: Kind, nothing: bytes) -> None:
    with pytest.raises(UnexpectedContentError, match="空のファイル"):
        check_content(nothing, kind)


@pytest.mark.parametrize("kind", ["xls", "xlsx", "zip", "json"])
def test_every_truncation_is_refused(kind: Kind) -> None:
    whole = GENUINE[kind]
    for length in range(1, len(whole) - 1, max(len(whole) // 97, 1)):
        if kind == "xls" and length > len(whole) - 512:
            continue  # writers leave the last sector short
        with pytest.raises(UnexpectedContentError):
            check_content(whole[:length], kind)


def test_a_container_with_impossible_sectors_is_refused() -> None:
    content = bytearray(GENUINE["xls"])
    content[30] = 0
    with pytest.raises(UnexpectedContentError, match="壊れた"):
        check_content(bytes(content), "xls")


def test_a_damaged_member_is_refused() -> None:
    content = bytearray(zipped(("a.csv", bytes(range(256)) * 64)))
    content[60] ^= 0xFF
    with pytest.raises(UnexpectedContentError, match="壊れた"):
        check_content(bytes(content), "zip")
    with pytest.raises(UnexpectedContentError, match="壊れた"):
        open_zip_member(bytes(content), "a")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x00\x01", "binary data"),
        (ole("EncryptedPackage", "EncryptionInfo"), "protected with a password"),
        (ole("WordDocument"), "not a workbook"),
        (zipped(("[Content_Types].xml", b"x"), ("word/document.xml", b"x")), "a Word document"),
        (zipped(("[Content_Types].xml", b"x"), ("xl/workbook.bin", b"x")), "binary workbook"),
        (zipped(("[Content_Types].xml", b"x"), ("ppt/presentation.xml", b"x")), "PowerPoint"),
        (zipped(("mimetype", b"x"), ("content.xml", b"x")), "OpenDocument"),
        (zipped(("[Content_Types].xml", b"x"), ("xl/vbaProject.bin", b"x")), "macros"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b'{"error": {"status": "404"}}', "JSON"),
        (zipped(), "empty ZIP"),
    ],
)
def test_other_content_is_named(content: bytes, words: str) -> None:
    with pytest.raises(UnexpectedContentError, match=re.escape(words)):
        check_content(content, "xlsx")


@pytest.mark.parametrize("text", [b"[1] header,2\n", "｛,x".encode(), b'{"cut": ', b"a\n"])
def test_text_that_only_begins_like_json_is_text(text: bytes) -> None:
    assert check_content(text, "csv") == "csv"


def test_json_that_nests_without_end_is_refused() -> None:
    with pytest.raises(UnexpectedContentError):
        check_content(b"[" * 100_000, "json")


@pytest.mark.parametrize(
    "name", ["../a.csv", "a/../../b.csv", "/etc/passwd", "C:\\a.csv", "..\\a.csv", "\\\\host\\a.csv"]
)
def test_names_that_lead_outside_are_refused(name: str) -> None:
    content = zipped((name, b"1"))
    with pytest.raises(UnexpectedContentError, match="unsafe name"):
        check_content(content, "zip")
    with pytest.raises(UnexpectedContentError, match="unsafe name"):
        open_zip_member(content, "csv")


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("link.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with pytest.raises(UnexpectedContentError, match="a link in it"):
        check_content(zipped((link, b"/etc/passwd")), "zip")


def test_an_encrypted_member_is_refused() -> None:
    content = bytearray(zipped(("a.csv", b"1")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(UnexpectedContentError, match="ZIP file protected with a password"):
        check_content(bytes(content), "zip")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped(("a.csv", bytes(64 * 1024 * 1024)))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(UnexpectedContentError, match="abnormal size"):
        check_content(bomb, "zip")
    with pytest.raises(UnexpectedContentError, match="abnormal size"):
        open_zip_member(bomb, "a")


@pytest.mark.parametrize(("limit", "value"), [("MAX_UNPACKED", 10), ("MAX_MEMBERS", 1), ("MAX_BYTES", 4)])
def test_every_limit_holds(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(("a.csv", b"123456"), ("b.csv", b"123456"))
    assert open_zip_member(content, "a.csv") == ("a.csv", b"123456")
    monkeypatch.setattr(pipelines.acquire.content, limit, value)
    with pytest.raises(UnexpectedContentError, match="abnormal size"):
        open_zip_member(content, "a.csv")


def test_a_member_that_understates_its_size_is_refused() -> None:
    content = bytearray(zipped(("a.csv", b"1" * 5000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)
    with pytest.raises(UnexpectedContentError, match="壊れた"):
        open_zip_member(bytes(content), "a.csv")


def in_bytes(name: bytes) -> bytes:
    """Return a zip whose one name is these bytes, without the flag that says they are UTF-8."""
    placeholder = "x" * len(name)
    return zipped((placeholder, b"1")).replace(placeholder.encode(), name)


@pytest.mark.parametrize("codec", ["cp932", "utf-8"])
@pytest.mark.parametrize("name", ["市区町村比較.csv", "一覧表ソ能.csv", "①②.csv"])
def test_names_without_the_utf8_flag_are_read_as_written(name: str, codec: str) -> None:
    assert open_zip_member(in_bytes(name.encode(codec)), re.escape(name)) == (name, b"1")


def test_names_with_the_utf8_flag() -> None:
    assert open_zip_member(zipped(("進捗/市区町村.csv", b"1")), "市区町村") == ("進捗/市区町村.csv", b"1")


def test_no_match_and_several_say_what_is_there() -> None:
    content = zipped(("都市.xlsx", b"1"), ("町村.xlsx", b"2"), ("__MACOSX/町村.xlsx", b""), ("dir/", b""))
    with pytest.raises(ZipMemberError, match=r"no member matches: 都市\.xlsx、町村\.xlsx") as none:
        open_zip_member(content, r"\.csv$")
    assert none.value.names == ["都市.xlsx", "町村.xlsx"]
    with pytest.raises(ZipMemberError, match="several members match") as several:
        open_zip_member(content, r"\.xlsx$")
    assert several.value.matches == ["都市.xlsx", "町村.xlsx"]
    assert open_zip_member(content, "^町村") == ("町村.xlsx", b"2")


@pytest.mark.parametrize("content", [b"", PAGE.encode(), b"PK\x03\x04 cut off"])
def test_a_member_of_no_zip(content: bytes) -> None:
    with pytest.raises(UnexpectedContentError):
        open_zip_member(content, ".")


@pytest.mark.parametrize(
    ("text", "codec", "content_type"),
    [
        ('<meta charset="Shift_JIS">①髙', "cp932", None),
        ('<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">市', "euc_jp", None),
        ("市町村", "euc_jp", "text/html; charset=EUC-JP"),
        ("市町村", "cp932", None),
        ("市町村", "utf-16", None),
        ('<meta charset="Shift_JIS">市町村の決算', "utf-8", None),
        ('<meta charset="no-such">市', "utf-8", None),
    ],
)
def test_pages_in_every_character_set(text: str, codec: str, content_type: str | None) -> None:
    assert decode_html(text.encode(codec), content_type) == text


def test_a_page_in_no_character_set_still_has_text() -> None:
    assert decode_html(b"a\x81\x20\xff").startswith("a\ufffd")
