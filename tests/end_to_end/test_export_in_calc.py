"""The files in a spreadsheet program, on request: MIERUKA_CALC names LibreOffice's `soffice` (docs/open-data.md)."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Mieruka = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = os.environ["MIERUKA_CALC"]
_AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,"


def convert(path: Path, to: str, folder: Path, *more: str) -> None:
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        [PROGRAM, profile, "--headless", *more, "--convert-to", to, "--outdir", str(folder), str(path)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def sheet(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def folder(mieruka: Mieruka, tmp_path: Path) -> Path:
    result = mieruka(
        "export",
        "--to",
        str(tmp_path),
        "--format",
        "csv,xlsx",
        "--table",
        "dim_area_current",
        "--table",
        "figures",
    )
    assert result.returncode == 0, result.stderr
    return tmp_path


def test_workbook_shows_japanese_codes_with_noughts_and_days(folder: Path) -> None:
    convert(folder / "mieruka.xlsx", f"{_AS_SHOWN}-1", folder / "calc")
    areas = sheet(folder / "calc" / "mieruka-dim_area_current.csv")
    assert areas[1][:4] == ["area_code", "valid_from", "valid_to", "name_ja"]
    sapporo = next(row for row in areas if row[3] == "札幌市")
    assert sapporo[0] == "011002"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", sapporo[1])


def test_neither_file_becomes_a_formula(folder: Path) -> None:
    convert(folder / "mieruka.xlsx", "ods", folder / "calc")
    convert(folder / "csv" / "figures.csv", "ods", folder / "calc", "--infilter=CSV:44,34,76,1")
    for name in ("mieruka.ods", "figures.ods"):
        with zipfile.ZipFile(folder / "calc" / name) as parts:
            content = parts.read("content.xml").decode()
        formulas = set(re.findall(r'table:formula="([^"]*)"', content))
        # The program writes its truth values as functions.
        assert formulas <= {"of:=TRUE()", "of:=FALSE()"}
        assert "函館" in content or "クラウド" in content
