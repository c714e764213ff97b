"""The landed shape of registers: one row an asset line, one row a total that the register or the body states.

Money is whole yen in decimals. Texts are NFKC-normalised; `account_label` and the places are as printed.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.files import make_folder
from pipelines.land.parquet import fingerprint_of, write_parquet
from pipelines.settings import Home

REGISTER = "register"
LINES, TOTALS = "asset_line", "stated_total"
YEN = pl.Decimal(18, 0)

LINE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "area_code": pl.String,
    "fiscal_year": pl.Int32,
    "entity": pl.String,
    "asset_no": pl.String,
    "branch_no": pl.String,
    "department": pl.String,
    "account_group": pl.String,
    "account_class": pl.String,
    "account_label": pl.String,
    "asset_name": pl.String,
    "use_name": pl.String,
    "life_class": pl.String,
    "useful_life_years": pl.Int32,
    "acquired_on": pl.Date,
    "in_use_on": pl.Date,
    "cost_basis": pl.String,
    "acquisition_cost": YEN,
    "funding": pl.String,
    "increase_amount": YEN,
    "decrease_amount": YEN,
    "change_reason": pl.String,
    "depreciation_year": YEN,
    "accumulated_depreciation": YEN,
    "book_value_before": YEN,
    "book_value": YEN,
    "lease_class": pl.String,
    "quantity": pl.Decimal(18, 4),
    "quantity_unit": pl.String,
    "unit_yen": pl.Int32,
    "duplicate_of_row": pl.Int32,
    "snapshot_sha256": pl.String,
    "source_file": pl.String,
    "sheet": pl.String,
    "row_no": pl.Int32,
}

TOTAL_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "area_code": pl.String,
    "fiscal_year": pl.Int32,
    "entity": pl.String,
    "account_group": pl.String,
    "account_class": pl.String,
    "stated_in": pl.String,
    "label": pl.String,
    "acquisition_cost": YEN,
    "accumulated_depreciation": YEN,
    "book_value": YEN,
    "unit_yen": pl.Int32,
    "snapshot_sha256": pl.String,
    "source_file": pl.String,
    "sheet": pl.String,
    "row_no": pl.Int32,
}

_SCHEMAS = {LINES: LINE_SCHEMA, TOTALS: TOTAL_SCHEMA}


def folder_of(home: Home, table: str) -> Path:
    """Return the folder below which a table of registers lands, one file a body, fiscal year and file read."""
    return home.raw / REGISTER / table


def partition_of(home: Home, table: str, area_code: str, fiscal_year: int) -> Path:
    """Return the folder of one body's fiscal year."""
    return folder_of(home, table) / f"area_code={area_code}" / f"fiscal_year={fiscal_year}"


def write_empty(home: Home) -> None:
    """Write a file without rows into each folder: the models are built also where there is no register."""
    for table, schema in _SCHEMAS.items():
        path = folder_of(home, table) / "none.parquet"
        if fingerprint_of(path) != str(schema):
            make_folder(path.parent)
            write_parquet(pl.DataFrame(schema=schema), path, str(schema))
