"""The figures of one file in the common shape: what all figures of a file share is added to each."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from pipelines.catalog.models import Source
from pipelines.catalog.published import PublishedTable
from pipelines.contracts.figures import REPORTED
from pipelines.contracts.observations import OBSERVATION_SCHEMA
from pipelines.extract.period import Span
from pipelines.extract.table import ROW, Place
from pipelines.land.frame import FigureRows, day_expressions, statistic_expression

_MEASURED = ("final", "preliminary")
_Value = pl.Expr | str | bool | date | None


def no_figures() -> pl.DataFrame:
    """Return the common shape without a figure."""
    return pl.DataFrame(schema=OBSERVATION_SCHEMA)


def in_common_shape(
    figures: pl.DataFrame, rows: FigureRows, source: Source, table: PublishedTable, span: Span, status: str, place: Place
) -> pl.DataFrame:  # fmt: skip
    """Return figures with all common columns; `status` is their observation status."""
    columns = {**_of_each(rows, status), **_of_file(source, table, span, place)}
    columns["observation_status"] = status
    held = dict.fromkeys(figures.columns)
    return figures.select(
        _as_column(columns.get(name, pl.col(name) if name in held else None), dtype).alias(name)
        for name, dtype in OBSERVATION_SCHEMA.items()
    )


def _of_each(rows: FigureRows, status: str) -> dict[str, _Value]:
    """Return the columns that differ from figure to figure."""
    as_of, precision = day_expressions(rows)
    reported = pl.col("value_status") == REPORTED
    reason = None if status in _MEASURED else status
    return {
        "statistic": statistic_expression(),
        "as_of_date": as_of,
        "date_precision": precision,
        "fiscal_year": pl.col("fiscal_year").fill_null(
            as_of.dt.year().cast(pl.Int64) - (as_of.dt.month() < 4).cast(pl.Int64)
        ),
        "enters_verdict": reported & pl.lit(status in _MEASURED),
        "exclusion_reason": pl.when(~reported).then(pl.lit("no_value")).otherwise(pl.lit(reason, pl.String)),
        "cell": pl.col("letters") + pl.col(ROW).cast(pl.String),
    }


def _of_file(source: Source, table: PublishedTable, span: Span, place: Place) -> dict[str, _Value]:
    """Return the columns that are the same for all figures of a file."""
    snapshot = place.snapshot
    known = table.known_files.get(snapshot.snapshot_sha256)
    transcriber = (known.transcribed_by if known else None) or table.transcribed_by
    return {
        "date_basis": table.date_basis,
        "value_is_approximate": False,
        "label_is_inferred": False,
        "document_id": f"{place.table}:{span.label}:{snapshot.snapshot_sha256[:12]}",
        "citation_title_ja": f"{source.title.ja}　{table.title.ja}（{span.label}）",
        "citation_publisher_ja": transcriber or source.publisher.ja,
        "original_publisher_ja": source.publisher.ja if transcriber else None,
        "is_secondary": transcriber is not None,
        "citation_url": table.url or source.landing_url,
        "published_on": date.fromisoformat(snapshot.published_on) if snapshot.published_on else None,
        "published_on_basis": "page_date" if snapshot.published_on else None,
        "source_id": source.source_id,
        "source_table": place.table,
        "snapshot_sha256": snapshot.snapshot_sha256,
        "retrieved_at": snapshot.retrieved_at,
        "sheet": place.sheet,
    }


def _as_column(value: _Value, dtype: Any) -> pl.Expr:
    return value.cast(dtype) if isinstance(value, pl.Expr) else _literal(value, dtype)


# Most of what the figures of a file share is the same in other files.
@lru_cache(maxsize=1024)
def _literal(value: str | bool | date | None, dtype: Any) -> pl.Expr:
    return pl.lit(value, dtype)
