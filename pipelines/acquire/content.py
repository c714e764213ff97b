"""What a file really is, whatever it is called, and whether it can be opened without harm."""

from __future__ import annotations

import io
import json
import re
import stat
import struct
import zipfile
import zlib
from html import unescape
from pathlib import Path
from typing import Literal, NoReturn

from pipelines.acquire.archive import MAX_BYTES

Kind = Literal["xls", "xlsx", "csv", "json", "zip", "html"]

# A page is the commonest false download: only a file that is described and named as one is taken for a page.
PAGES = (".html", ".htm")

# Genuine workbooks unpack to well under these; deflate alone cannot exceed about 1030 to 1.
MAX_MEMBERS = 10_000
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 300
_RATIO_FREE = 50 * 1024 * 1024

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_RESERVED, _OLE_FREE = 0xFFFFFFFB, 0xFFFFFFFF
_NAMES_SHOWN = 20

# What publishers call their character sets, and the codec that also reads their vendor extensions.
_CODECS = {"shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms932": "cp932",
           "windows-31j": "cp932", "iso-2022-jp": "iso2022_jp_3"}  # fmt: skip
_GUESSES = ("utf-8", "cp932", "euc_jp")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|title|meta)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)

_LABELS: dict[str, tuple[str, str]] = {
    "xls": ("Excelブック（.xls）", "an Excel workbook (.xls)"),
    "xlsx": ("Excelブック（.xlsx）", "an Excel workbook (.xlsx)"),
    "csv": ("CSVなどのテキスト", "CSV or other plain text"),
    "json": ("JSON", "JSON"),
    "zip": ("ZIPファイル", "a ZIP file"),
    "html": ("HTMLページ", "an HTML page"),
    "xml": ("XML", "XML"),
    "pdf": ("PDF", "a PDF"),
    "xlsb": ("Excelバイナリブック（.xlsb）", "an Excel binary workbook (.xlsb)"),
    "docx": ("Word文書", "a Word document"),
    "pptx": ("PowerPoint文書", "a PowerPoint document"),
    "ods": ("OpenDocument文書", "an OpenDocument file"),
    "ole": ("Excel以外の旧形式のOffice文書", "an old Office file that is not a workbook"),
    "binary": ("種類の分からないバイナリ", "binary data of an unknown kind"),
}


class UnexpectedContentError(ValueError):
    """The bytes are not what was promised, or must not be opened; says so in both languages."""

    def __init__(self, expected: str, found_ja: str, found_en: str) -> None:
        self.expected = expected
        self.found_ja, self.found_en = found_ja, found_en
        ja, en = _LABELS[expected]
        self.message_ja = f"{ja}のはずですが、{found_ja}でした"
        self.message_en = f"Expected {en}, found {found_en}"
        super().__init__(f"{self.message_ja} / {self.message_en}")


class ZipMemberError(ValueError):
    """No member of a zip matches, or more than one does; `names` are those found."""

    def __init__(self, pattern: str, names: list[str], matches: list[str]) -> None:
        self.names, self.matches = names, matches
        listed = "、".join((matches or names)[:_NAMES_SHOWN])
        ja = "複数のファイルが一致します" if matches else "一致するファイルがありません"
        en = "several members match" if matches else "no member matches"
        super().__init__(f"{pattern}: {ja} / {en}: {listed}")


def check_content(content: Path | bytes, expected: Kind) -> Kind:
    """Return what the content really is, if it can stand for what was expected.

    The two Excel formats stand for each other: publishers mix up their suffixes, and both can be read.

    Raises:
        UnexpectedContentError: it is something else, is incomplete, or must not be opened.

    """
    data = content.read_bytes() if isinstance(content, Path) else content
    kind = _real_kind(data, expected)
    if kind == "html" and expected != "html":
        _refuse_page(data, expected)
    if kind == expected:
        return expected
    if expected == "xlsx" and kind == "xls":
        return "xls"
    if expected == "xls" and kind == "xlsx":
        return "xlsx"
    raise UnexpectedContentError(expected, *_LABELS[kind])


def open_zip_member(data: bytes, pattern: str) -> tuple[str, bytes]:
    """Return the name and the bytes of the one member whose name matches a regular expression.

    Raises:
        UnexpectedContentError: this is no zip, or one that must not be opened.
        ZipMemberError: no member matches, or more than one does.

    """
    with _opened(data, "zip") as archive:
        members = _checked_members(archive, "zip", len(data))
        names = [name for name, info in members if not _is_clutter(name, info)]
        matches = [name for name in names if re.search(pattern, name)]
        if len(matches) != 1:
            raise ZipMemberError(pattern, names, matches)
        info = next(info for name, info in members if name == matches[0])
        if info.file_size > MAX_BYTES:
            _refuse_size("zip")
        return matches[0], _unpack(archive, info)


def decode_html(data: bytes, content_type: str | None = None) -> str:
    """Return text by its byte order mark, its HTTP header, its own declaration, or else a guess; never fails."""
    bom = [codec for mark, codec in _BOMS if data.startswith(mark)]
    header = _CHARSET.findall(content_type or "")
    own = _CHARSET.findall(data[:4096].decode("latin-1"))
    declared = [_CODECS.get(name.lower(), name) for name in (*header, *own)]
    for codec in (*bom, *declared, *_GUESSES):
        try:
            return data.decode(codec)
        except (UnicodeError, LookupError):
            continue
    return data.decode("utf-8", errors="replace")


def _real_kind(data: bytes, expected: str) -> str:
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise UnexpectedContentError(expected, "空のファイル", "an empty file")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(_OLE_MAGIC):
        return _ole_kind(data, expected)
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _zip_kind(data, expected)
    return _text_kind(data, expected)


def _text_kind(data: bytes, expected: str) -> str:
    if not _is_text(data):
        return "binary"
    start = decode_html(data[:8192]).lstrip("\ufeff\r\n\t ")
    if start.startswith("<"):
        return "html" if _HTML.search(start) else "xml"
    if start[:1] not in ("{", "["):
        return "csv"
    try:
        json.loads(data)
    except (ValueError, RecursionError) as error:
        if expected == "json":
            raise UnexpectedContentError(
                expected, f"途中で切れたか壊れたJSON（{error}）", f"JSON that is cut off or broken ({error})"
            ) from error
        return "csv"
    return "json"


def _is_text(data: bytes) -> bool:
    codecs = [codec for mark, codec in _BOMS if data.startswith(mark)] or list(_GUESSES)
    if "utf-16" not in codecs and b"\x00" in data:
        return False
    for codec in codecs:
        try:
            data.decode(codec)
        except UnicodeError:
            continue
        return True
    return False


def _refuse_page(data: bytes, expected: str) -> NoReturn:
    title = _TITLE.search(decode_html(data))
    said = " ".join(unescape(title[1]).split())[:80] if title else ""
    ja, en = _LABELS["html"]
    raise UnexpectedContentError(
        expected, f"{ja}「{said}」" if said else ja, f'{en} "{said}"' if said else en
    )


def _ole_kind(data: bytes, expected: str) -> str:
    try:
        names = _ole_names(data)
    except struct.error as error:
        _refuse_broken(expected, error)
    if "EncryptedPackage" in names:
        raise UnexpectedContentError(
            expected, "パスワードで保護されたExcelブック", "a workbook protected with a password"
        )
    return "xls" if names & {"Workbook", "Book"} else "ole"


def _ole_names(data: bytes) -> set[str]:
    """Return the names in the directory of an OLE container; struct.error when it is cut off."""
    shift, sector = struct.unpack_from("<H", data, 30)[0], struct.unpack_from("<I", data, 48)[0]
    if shift not in (9, 12):
        raise struct.error("sector size")
    size = 1 << shift
    following = _ole_table(data, size)
    names: set[str] = set()
    visited: set[int] = set()
    while sector < len(following) and sector not in visited:
        visited.add(sector)
        for at in range((sector + 1) * size, (sector + 2) * size, 128):
            raw, length = struct.unpack_from("<64sH", data, at)
            names.add(raw[: max(min(length, 64) - 2, 0)].decode("utf-16-le", errors="replace"))
        sector = following[sector]
    return names


def _ole_table(data: bytes, size: int) -> list[int]:
    """Return which sector follows which; struct.error when a sector in use lies beyond the end."""
    # Tables beyond the header's 109 belong to files of more than 7 MB; their directory starts in the first.
    following: list[int] = []
    for table in struct.unpack_from("<109I", data, 76):
        if table >= _OLE_RESERVED:
            break
        following.extend(struct.unpack_from(f"<{size // 4}I", data, (table + 1) * size))
    used = max((index for index, value in enumerate(following) if value != _OLE_FREE), default=-1)
    if len(data) <= (used + 1) * size:
        raise struct.error("sectors missing at the end")
    return following


def _zip_kind(data: bytes, expected: str) -> str:
    with _opened(data, expected) as archive:
        members = _checked_members(archive, expected, len(data))
        for _, info in members:
            _verify(archive, info, expected)
        names = {name.lower() for name, _ in members}
    return _package_kind(names)


def _package_kind(names: set[str]) -> str:
    if "[content_types].xml" in names:
        for marker, kind in (
            ("xl/workbook.bin", "xlsb"),
            ("xl/", "xlsx"),
            ("word/", "docx"),
            ("ppt/", "pptx"),
        ):
            if any(name.startswith(marker) for name in names):
                return kind
    return "ods" if {"mimetype", "content.xml"} <= names else "zip"


def _opened(data: bytes, expected: str) -> zipfile.ZipFile:
    if not data.startswith(b"PK"):
        raise UnexpectedContentError(expected, *_LABELS[_real_kind(data, expected)])
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, struct.error, OSError, NotImplementedError) as error:
        _refuse_broken(expected, error)


def _checked_members(
    archive: zipfile.ZipFile, expected: str, packed: int
) -> list[tuple[str, zipfile.ZipInfo]]:
    members = [(_member_name(info), info) for info in archive.infolist()]
    total = sum(info.file_size for _, info in members)
    too_dense = total > max(_RATIO_FREE, packed * MAX_RATIO)
    if len(members) > MAX_MEMBERS or total > MAX_UNPACKED or too_dense:
        _refuse_size(expected)
    for name, info in members:
        _check_member(name, info, expected)
    if not members:
        raise UnexpectedContentError(expected, "空のZIPファイル", "an empty ZIP file")
    return members


def _check_member(name: str, info: zipfile.ZipInfo, expected: str) -> None:
    if info.flag_bits & 0x1:
        raise UnexpectedContentError(
            expected,
            f"パスワードで保護されたZIPファイル（{name}）",
            f"a ZIP file protected with a password ({name})",
        )
    parts = re.split(r"[/\\]", name)
    if ".." in parts or parts[0] == "" or re.match(r"[A-Za-z]:", name) or "\x00" in name:
        raise UnexpectedContentError(
            expected,
            f"外を指す名前を含むZIPファイル（{name!r}）",
            f"a ZIP file with an unsafe name ({name!r})",
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnexpectedContentError(
            expected, f"リンクを含むZIPファイル（{name}）", f"a ZIP file with a link in it ({name})"
        )
    if parts[-1].lower() == "vbaproject.bin":
        raise UnexpectedContentError(expected, "マクロを含むExcelブック", "a workbook with macros")


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return a name as its author wrote it: without the UTF-8 flag it is nearly always CP932 here."""
    if info.flag_bits & 0x800:
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    for codec in ("utf-8", "cp932"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _is_clutter(name: str, info: zipfile.ZipInfo) -> bool:
    return info.is_dir() or name.startswith("__MACOSX/")


_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def _verify(archive: zipfile.ZipFile, info: zipfile.ZipInfo, expected: str) -> None:
    """Read a member through in pieces: that is what checks its length and its checksum."""
    try:
        with archive.open(info) as stream:
            while stream.read(1024 * 1024):
                pass
    except _BROKEN as error:
        _refuse_broken(expected, error)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as stream:
            return stream.read()
    except _BROKEN as error:
        _refuse_broken("zip", error)


def _refuse_broken(expected: str, error: Exception) -> NoReturn:
    raise UnexpectedContentError(
        expected, f"途中で切れたか壊れたファイル（{error}）", f"a file that is cut off or broken ({error})"
    ) from error


def _refuse_size(expected: str) -> NoReturn:
    raise UnexpectedContentError(
        expected,
        "展開すると異常に大きくなるファイル",
        "a file that would unpack to an abnormal size or number of members",
    )
