"""The one shape of a figure, whatever table it came from, and the rules every figure keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.catalog.models import Check, Table, WideFigures
from pipelines.catalog.vocabulary import Label, load_vocabulary
from pipelines.contracts.cells import DECIMAL, fits_decimal
from pipelines.contracts.schema import failure_cases, row_check, rule_of
from pipelines.defects import Defect
from pipelines.extract.table import ROW, Place
from pipelines.normalize.japanese_dates import fiscal_year_of
from pipelines.normalize.units import Unit, UnitError, convert

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

OBSERVATION_SCHEMA: dict[str, Any] = {
    "item_id": pl.String,
    "series_id": pl.String,
    "area_code": pl.String,
    "body_scope": pl.String,
    "statistic": pl.String,
    "as_of_date": pl.Date,
    "date_precision": pl.String,
    "date_basis": pl.String,
    "fiscal_year": pl.Int64,
    "period_start": pl.Date,
    "value": DECIMAL,
    "value_is_approximate": pl.Boolean,
    "numerator": DECIMAL,
    "denominator": DECIMAL,
    "unit": pl.String,
    "value_status": pl.String,
    "observation_status": pl.String,
    "label_is_inferred": pl.Boolean,
    "conflict_group": pl.String,
    "enters_verdict": pl.Boolean,
    "exclusion_reason": pl.String,
    "document_id": pl.String,
    "citation_title_ja": pl.String,
    "citation_publisher_ja": pl.String,
    "original_publisher_ja": pl.String,
    "is_secondary": pl.Boolean,
    "citation_url": pl.String,
    "published_on": pl.Date,
    "published_on_basis": pl.String,
    "page": pl.String,
    "note_ja": pl.String,
    "source_id": pl.String,
    "source_table": pl.String,
    "snapshot_sha256": pl.String,
    "retrieved_at": pl.String,
    "sheet": pl.String,
    "cell": pl.String,
    "raw_text": pl.String,
    ROW: pl.Int64,
}

_DOCUMENT_FIELDS = {
    "title_ja": "citation_title_ja",
    "publisher_ja": "citation_publisher_ja",
    "original_publisher_ja": "original_publisher_ja",
    "is_secondary": "is_secondary",
    "url": "citation_url",
    "published_on": "published_on",
    "published_on_basis": "published_on_basis",
}


def _check(name: str, sql: str, ja: str, en: str) -> Check:
    return Check(id=name, sql=sql, message=Label(ja=ja, en=en))


# A figure that breaks one of these is refused: a wrong figure is worse than a missing one.
OBSERVATION_CHECKS = (
    _check(
        "value_iff_reported",
        "(value_status = 'reported') = (value is not null or (numerator is not null and denominator is not null))",
        "値は value_status が reported のときだけ書いてください",
        "Write a value exactly when value_status is reported",
    ),
    _check(
        "excluded_with_reason",
        "enters_verdict = (exclusion_reason is null)",
        "判定に入れない数値には exclusion_reason を、入れる数値には書かないでください",
        "Give an exclusion_reason exactly to the figures that enter no verdict",
    ),
    _check(
        "only_measured_enters",
        "not enters_verdict or (observation_status in ('final', 'preliminary') and as_of_date is not null "
        "and not label_is_inferred and value_status = 'reported')",
        "見込み・言明・算出値・時点のない数値・推定して読んだ数値は判定に入れられません",
        "Forecasts, claims, derived, undated and inferred figures enter no verdict",
    ),
    _check(
        "published_before_as_of",
        "published_on is null or as_of_date is null or date_precision <> 'day' "
        "or observation_status = 'forecast' or published_on >= as_of_date",
        "公表日が時点より前です。日付を確かめてください",
        "It was published before the day it describes: check both dates",
    ),
    _check(
        "measured_in_the_future",
        "as_of_date is null or observation_status = 'forecast' or as_of_date <= retrieved_on",
        "未来の時点の実績はありません。見込みなら forecast にしてください",
        "A day still to come cannot be measured: mark it forecast",
    ),
    _check(
        "share_within_whole",
        "numerator is null or denominator is null or (denominator > 0 and numerator <= denominator)",
        "分子は分母以下、分母は正の数にしてください",
        "The numerator must not exceed the denominator, which must be positive",
    ),
    _check(
        "share_as_printed",
        "statistic <> 'share' or value is null or numerator is null or denominator is null or value_is_approximate "
        "or abs(cast(value as double) - 100.0 * cast(numerator as double) / cast(denominator as double)) "
        "<= case when raw_text like '%.%' then 0.1 else 0.5 end",
        "印刷された割合が分子÷分母と丸めを超えて離れています",
        "The printed share differs from numerator / denominator by more than its rounding",
    ),
)
_UNIQUE = [
    "item_id",
    "series_id",
    "area_code",
    "body_scope",
    "statistic",
    "as_of_date",
    "observation_status",
    "document_id",
    "value",
]


def _convert(
    value: Decimal | None, from_unit: str, to_unit: str, units: Mapping[str, Unit]
) -> Decimal | None:
    """Return the value in another unit; the units must convert even where there is no value."""
    converted = convert(Decimal(0) if value is None else value, from_unit, to_unit, units)
    if not fits_decimal(converted):
        raise UnitError(f"{value} {from_unit}")
    return None if value is None else converted


def _convert_units(
    records: list[dict[str, Any]], place: Place, catalog: Catalog
) -> tuple[list[dict[str, Any]], list[Defect]]:
    units = load_vocabulary().unit_table()
    kept, defects = [], []
    for record in records:
        item_id, unit = record["item_id"], catalog.unit_of(record["item_id"])
        try:
            record["value"] = _convert(record["value"], record["unit"], unit, units)
            record["unit"] = unit
            kept.append(record)
        except UnitError:
            defects.append(
                place.defect(
                    "wrong_unit",
                    record["unit"],
                    f"指標 {item_id} の単位「{unit}」に換算できる単位を書いてください",
                    f"Write a unit that converts to '{unit}', the unit of {item_id}",
                    row=record[ROW],
                    column="unit",
                )
            )
    return kept, defects


def _provenance(place: Place) -> dict[str, Any]:
    snapshot: Snapshot = place.snapshot
    return {
        "source_id": place.source_id,
        "source_table": place.table,
        "snapshot_sha256": snapshot.snapshot_sha256,
        "retrieved_at": snapshot.retrieved_at,
        "sheet": place.sheet or snapshot.file_name,
    }


def _long_records(
    frame: pl.DataFrame, place: Place, documents: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    provenance = _provenance(place)
    records = []
    for row in frame.to_dicts():
        document = documents[row["document_id"]]
        records.append(
            {
                **{name: row.get(name) for name in OBSERVATION_SCHEMA},
                **{target: document.get(field) for field, target in _DOCUMENT_FIELDS.items()},
                **provenance,
                "as_of_date": row["as_of"],
                "date_precision": row["as_of_precision"] or "unknown",
                "value_is_approximate": bool(row["value_is_approximate"] or row["as_of_is_approximate"]),
                "fiscal_year": fiscal_year_of(row["as_of"]) if row["as_of"] else None,
                "cell": f"{row[ROW]}:value",
                "raw_text": row["value__text"] or row["numerator__text"],
            }
        )
    return records


def _wide_records(
    frame: pl.DataFrame, table: Table, figures: WideFigures, place: Place
) -> list[dict[str, Any]]:
    citation = figures.citation
    common = {
        **dict.fromkeys(OBSERVATION_SCHEMA),
        **_provenance(place),
        "body_scope": figures.body_scope,
        "date_precision": "fiscal_year",
        "date_basis": figures.date_basis,
        "observation_status": figures.observation_status,
        "label_is_inferred": False,
        "enters_verdict": True,
        "document_id": citation.document_id,
        "citation_title_ja": citation.title_ja,
        "citation_publisher_ja": citation.publisher_ja,
        "original_publisher_ja": citation.original_publisher_ja,
        "is_secondary": citation.original_publisher_ja is not None,
        "citation_url": citation.url,
        "published_on": date.fromisoformat(citation.published_on) if citation.published_on else None,
        "published_on_basis": citation.published_on_basis,
        "value_status": "reported",
    }
    measured = {key: column for key, column in table.columns.items() if column.measures}
    records = []
    for row in frame.to_dicts():
        for key, column in measured.items():
            if row[key] is None or column.measures is None:
                continue
            records.append(
                {
                    **common,
                    "item_id": column.measures.item_id,
                    "series_id": column.measures.series_id,
                    "statistic": column.measures.statistic,
                    "area_code": row["area_code"],
                    "fiscal_year": row["fiscal_year"],
                    "as_of_date": date(row["fiscal_year"] + 1, 3, 31),
                    "value": row[key],
                    "value_is_approximate": row[f"{key}_is_approximate"],
                    "unit": column.unit,
                    "cell": f"{row[ROW]}:{table.header_names(key)[0]}",
                    "raw_text": row[f"{key}__text"],
                    ROW: row[ROW],
                }
            )
    return records


def _schema() -> DataFrameSchema:
    import pandera.polars as pa

    required = {
        "item_id", "area_code", "body_scope", "statistic", "date_precision", "unit", "value_status",
        "observation_status", "label_is_inferred", "enters_verdict", "citation_url",
    }  # fmt: skip
    columns = {
        name: pa.Column(dtype, nullable=name not in required) for name, dtype in OBSERVATION_SCHEMA.items()
    }
    columns["retrieved_on"] = pa.Column(pl.Date)
    return pa.DataFrameSchema(
        columns, checks=[row_check(check) for check in OBSERVATION_CHECKS], unique=_UNIQUE, strict=True
    )


def _check_observations(frame: pl.DataFrame, place: Place) -> list[Defect]:
    dated = frame.with_columns(retrieved_on=pl.col("retrieved_at").str.slice(0, 10).str.to_date())
    messages = {check.id: check.message for check in OBSERVATION_CHECKS}
    duplicate = Label(
        ja="同じ数値が二度あります。一行だけ残してください", en="This figure stands twice: keep one row"
    )
    blank = Label(ja="必ず書く欄です", en="This field must not be blank")
    defects = []
    for case in failure_cases(_schema(), dated):
        record = frame.row(case["index"], named=True)
        rule = rule_of(str(case["check"]))
        message = messages.get(rule, blank if rule == "required" else duplicate)
        defects.append(
            place.defect(
                rule if rule in messages or rule == "required" else "duplicate_key",
                record["raw_text"],
                message.ja,
                message.en,
                row=record[ROW],
                column=str(case["column"]) if rule == "required" else str(record["cell"]).split(":", 1)[1],
            )
        )
    return defects


def to_observations(
    frame: pl.DataFrame, table: Table, place: Place, catalog: Catalog, documents: dict[str, dict[str, Any]]
) -> tuple[pl.DataFrame, list[Defect]]:
    """Return the figures of a checked table in the common shape, and the rows refused on the way.

    Values are in the unit of their item; a share given by numerator and denominator alone keeps a null
    value for the SQL to compute. `documents` maps document_id to the fields of the documents table.
    """
    if table.figures is not None:
        records = _wide_records(frame, table, table.figures, place)
    else:
        records = _long_records(frame, place, documents)
    records, defects = _convert_units(records, place, catalog)
    observations = pl.DataFrame(records, schema=OBSERVATION_SCHEMA)
    if observations.is_empty():
        return observations, defects
    defects += _check_observations(observations, place)
    refused = {defect.row for defect in defects}
    return observations.filter(~pl.col(ROW).is_in(list(refused))), defects
