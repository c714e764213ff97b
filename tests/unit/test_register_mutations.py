"""Mutated registers: whatever happens to one row or cell of a register, its figures stay, or something is said of it."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.identity.match import AreaRegister
from pipelines.register.about import About
from pipelines.register.reading import RegisterReading
from tests.registers import KAGOSHIMA, areas, read_file, write_csv
from tests.unit.test_register_forms import deductions, tabs, unlabelled_total

Rows = list[list[str]]
_ABOUT = About(area_code=KAGOSHIMA, fiscal_year=2017, unit="円")
_AMOUNTS = ("acquisition_cost", "accumulated_depreciation", "book_value")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_ALWAYS_SAID = {"register_sign_reversed"}


@pytest.fixture(scope="module")
def bodies() -> AreaRegister:
    return areas()


def _rows(form: Callable[[Path], Path]) -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        content = form(Path(folder)).read_bytes()
    for encoding in ("utf-8", "cp932", "utf-16"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return list(csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text else ","))
    raise AssertionError


_FORMS = {form.__name__: _rows(form) for form in (unlabelled_total, deductions, tabs)}


def _read(rows: Rows, bodies: AreaRegister) -> RegisterReading:
    with tempfile.TemporaryDirectory() as folder:
        return read_file(write_csv(Path(folder) / "固定資産台帳.csv", rows), bodies, _ABOUT)


def _sums(reading: RegisterReading) -> dict[tuple[str, str, str], int]:
    """Return each amount by account, an amount that is not printed as it follows from the two others."""
    assert reading.lines is not None
    found: dict[tuple[str, str, str], int] = {}
    for row in reading.lines.to_dicts():
        cost, written, book = (row[name] for name in _AMOUNTS)
        cost = written + book if cost is None and None not in (written, book) else cost
        written = cost - book if written is None and None not in (cost, book) else written
        for name, amount in (("cost", cost), ("accumulated", written)):
            key = (str(row["account_group"]), str(row["account_class"]), name)
            found[key] = found.get(key, 0) + int(amount or 0)
    return {key: amount for key, amount in found.items() if amount}


def _is_told(reading: RegisterReading) -> bool:
    """Return whether the reading says that something is wrong, or its lines break what the models check of each."""
    assert reading.lines is not None
    if {defect.rule for defect in reading.defects} - _ALWAYS_SAID:
        return True
    for row in reading.lines.to_dicts():
        cost, written, book = (row[name] for name in _AMOUNTS)
        known = [amount for amount in (cost, written, book) if amount is not None]
        if (
            row["duplicate_of_row"]
            or None in (row["account_group"], row["account_class"])
            or len(known) < 2
            or min(known) < 0
        ):
            return True
        if len(known) == 3 and book != cost - written:
            return True
    sums = {name: reading.lines[name].sum() for name in _AMOUNTS}
    return any(
        total[name] not in (None, sums[name]) for total in reading.totals.to_dicts() for name in _AMOUNTS
    )


def _mutated(rows: Rows, data: st.DataObject) -> Rows:
    rows = [list(row) for row in rows]
    place = data.draw(st.integers(0, len(rows) - 1), "row")
    row = rows[place]
    filled = [column for column, cell in enumerate(row) if cell]
    column = data.draw(st.sampled_from(filled), "column") if filled else 0
    kind = data.draw(
        st.sampled_from(
            ["blank row", "note", "blank column", "twice", "lost cell", "inserted cell", "blank cell", "wrong cell", "full width", "ten times",
             "minus", "header again", "swap"]
        ), "kind",
    )  # fmt: skip
    if kind == "blank row":
        rows.insert(place, [""] * len(row))
    elif kind == "note":
        rows.insert(place, ["※ この行は資産ではありません"])
    elif kind == "blank column":
        rows = [[*entry[:column], "", *entry[column:]] for entry in rows]
    elif kind == "twice":
        rows.insert(place, list(row))
    elif kind == "lost cell":
        rows[place] = [*row[:column], *row[column + 1 :], ""]
    elif kind == "inserted cell":
        rows[place] = [*row[:column], "", *row[column:]]
    elif kind == "header again":
        rows.insert(place, list(rows[0]))
    elif kind == "swap":
        other = data.draw(st.integers(0, len(rows) - 1), "other")
        rows[place], rows[other] = rows[other], rows[place]
    elif filled:
        cell = row[column]
        row[column] = {
            "blank cell": "", "wrong cell": "#REF!", "full width": cell.translate(_FULL_WIDTH), "minus": f"▲{cell}",
            "ten times": f"{cell}0",
        }[kind]  # fmt: skip
    return rows


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(_FORMS)), data=st.data())
def test_figures_never_change_in_silence(bodies: AreaRegister, name: str, data: st.DataObject) -> None:
    expected = _sums(_read(_FORMS[name], bodies))
    reading = _read(_mutated(_FORMS[name], data), bodies)
    if reading.lines is None:
        assert reading.defects
    elif _sums(reading) != expected:
        assert _is_told(reading)
