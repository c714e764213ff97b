"""Apply known corrections to the figures of one file; one whose expectation no longer holds is reported loudly."""

from __future__ import annotations

import polars as pl

from pipelines.catalog.corrections import Correction
from pipelines.contracts.cells import DECIMAL
from pipelines.defects import Defect
from pipelines.extract.table import Place
from pipelines.normalize.text import normalise_width


def apply_corrections(
    figures: pl.DataFrame, corrections: list[Correction], place: Place
) -> tuple[pl.DataFrame, list[Defect]]:
    """Return the figures with the corrections of their file applied, raw text and cell kept, and the stale ones."""
    defects = []
    for correction in corrections:
        wanted = (pl.col("area_code") == correction.area_code) & (pl.col("item_id") == correction.item_id)
        held = figures.filter(wanted)
        texts = held["raw_text"].to_list()
        if not texts or any(normalise_width(text or "") != correction.found for text in texts):
            defects.append(_stale(correction, texts, place))
            continue
        figures = _corrected(figures, wanted, correction)
    return figures, defects


def _corrected(figures: pl.DataFrame, wanted: pl.Expr, correction: Correction) -> pl.DataFrame:
    note = f"公表値「{correction.found}」を訂正: {correction.reason.ja}（{correction.evidence_url}）"
    changes: dict[str, pl.Expr] = {"note_ja": pl.lit(note), "value": pl.lit(correction.value, DECIMAL)}
    if correction.value is None:
        changes |= {
            "value_status": pl.lit("parse_failed"), "enters_verdict": pl.lit(False),
            "exclusion_reason": pl.lit("known_error"),
        }  # fmt: skip
    return figures.with_columns(
        pl.when(wanted).then(new).otherwise(pl.col(name)).alias(name) for name, new in changes.items()
    )


def _stale(correction: Correction, texts: list[str], place: Place) -> Defect:
    return place.defect(
        "correction_outdated", "・".join(texts) or None,
        f"訂正は「{correction.found}」という公表値を前提としています（{correction.area_code} {correction.item_id}）。公表元が直したのなら訂正を消してください",
        f"The correction expects '{correction.found}' ({correction.area_code} {correction.item_id}): remove it if the publisher has mended the figure",
        column=correction.item_id,
    )  # fmt: skip
