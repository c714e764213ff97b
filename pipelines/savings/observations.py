"""The figures of a form as a table that `run --origin` reads: a row for each kind of change and one for all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.savings.arithmetic import Evaluation, Outcome, Result
from pipelines.savings.form import CHOICES

# What a cell says where a figure cannot be computed; the source's legend has the same word.
NOT_CALCULATED = "算定できない"
ALL_KINDS = "合計"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Origin:
    """Which file the figures were computed from, and on what day."""

    file_name: str
    sha256: str
    computed_on: date


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _plain(value: Decimal | int) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _known(outcome: Outcome) -> str:
    return NOT_CALCULATED if outcome.value is None else _plain(outcome.value)


_FIGURES: dict[str, Callable[[Result], str]] = {
    "見直し前の経費(円/年)": lambda result: _plain(result.before.total),
    "見直し後の経費(円/年)": lambda result: _plain(result.after.total),
    "効果額(円/年)": lambda result: _plain(result.saving),
    "取扱量を揃えた効果額(円/年)": lambda result: _known(result.volume_adjusted_saving),
    "削減率(%)": lambda result: _known(result.saving_rate),
    "一時経費(円)": lambda result: _plain(result.one_off),
    "見直し前の住民一人当たり経費(円)": lambda result: _plain(result.per_resident_before),
    "見直し後の住民一人当たり経費(円)": lambda result: _plain(result.per_resident_after),
}


def observation_rows(evaluation: Evaluation, origin: Origin) -> list[list[str]]:
    """Return the rows of the table, its title and header first."""
    form = evaluation.form
    status = CHOICES["figures_are"]["estimate" if form.is_estimate else "actual"].ja
    heads = ["団体コード", "団体名", "区分", f"業務数({status})", "見直し前の年度", *_FIGURES, "出どころ"]
    said = guarded(
        f"{form.area_name}の調書「{origin.file_name}」（SHA-256 {origin.sha256}）から {origin.computed_on} に算出"
    )
    rows = [[f"歳出効率化の成果（{form.after_year}年度・{status}）"], [], heads]
    for result in (*evaluation.kinds, evaluation.total):
        kind = CHOICES["kind"][result.kind].ja if result.kind else ALL_KINDS
        figures = [figure(result) for figure in _FIGURES.values()]
        body = [form.area_code, guarded(form.area_name), kind, str(len(result.tasks))]
        rows.append([*body, f"{form.before_year}年度", *figures, said])
    return rows


def observation_csv(evaluation: Evaluation, origin: Origin) -> bytes:
    """Return the table as CSV in UTF-8 with a mark that Excel knows."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(observation_rows(evaluation, origin))
    return stream.getvalue().encode("utf-8-sig")
