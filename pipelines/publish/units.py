"""The unit of a column: fixed, or named by another column or table."""

from __future__ import annotations

import re
from collections.abc import Collection

_RATIO = "1"
# Whole columns whose unit is the same in every table.
_FIXED = {
    "progress": _RATIO, "elapsed": _RATIO, "pace": _RATIO, "progress_at_deadline": _RATIO,
    "old_progress": _RATIO, "new_progress": _RATIO, "forecast_progress": _RATIO, "outcome_progress": _RATIO,
    "acceleration_factor": _RATIO, "multiplier": _RATIO, "percentile": "%", "pace_percentile": "%",
    "deviation_score": "偏差値", "probability_of_attainment": _RATIO, "survivor_share": _RATIO,
    "relative_error": _RATIO, "agreement_share": _RATIO, "part_of_gap": _RATIO, "projected_share": _RATIO,
    "relative_growth": _RATIO, "model_probability": _RATIO, "cagr": _RATIO, "distance": "標準偏差", "distance_rebased": "標準偏差",
    "bytes": "byte", "depreciation_rate": "%", "burden_ratio": "%", "depreciation_median": "%", "burden_median": "%",
    "depreciation_change": "ポイント", "burden_change": "ポイント",
    "deadline_shift_days": "日", "days_after_due": "日", "outcome_days_after": "日",
    "years": "年", "years_ahead": "年", "attainment_years": "年", "waited_years": "年",
    "bodies": "団体", "bodies_adopted": "団体", "bodies_in_class": "団体", "bodies_then": "団体", "bodies_applied": "団体",
    "at_risk": "団体", "newly_adopted": "団体", "given_up": "団体", "participants": "団体", "bodies_before": "団体",
    "participants_before": "団体", "group_size": "団体", "missing_count": "団体", "pace_group_size": "団体",
    "target_bodies": "団体", "depreciation_bodies": "団体", "burden_bodies": "団体", "not_calculated_bodies": "団体",
    "bodies_compared": "団体", "bodies_agreeing": "団体", "prefectures": "都道府県", "prefectures_grew": "都道府県",
}  # fmt: skip
# Columns in the unit of what the row is about.
_OF_THE_ROW = {
    "value", "old_value", "new_value", "target_value", "baseline_value", "latest_value", "deadline_value", "path_value",
    "gap_to_path", "projected_value", "interval_low", "interval_high", "spread_low", "spread_high", "mean_unweighted",
    "mean_weighted", "median", "lower_quartile", "upper_quartile", "top_quartile", "gap_to_median",
    "gap_to_top_quartile", "first_value", "last_value", "change", "forecast_value", "outcome_value", "error",
    "from_value", "to_value", "limit_value", "cause_value", "successor_target_value", "eligible", "reached", "gap",
    "target_own", "target_nation", "reached_nation", "gap_national", "projection_line", "band_low", "band_high",
    "model_value", "model_low", "model_high",
}  # fmt: skip
_PER_YEAR = {
    "required_per_year", "actual_per_year", "change_per_year", "slope_per_year", "pace_per_year", "pace_median",
    "theil_sen_slope", "theil_sen_low", "theil_sen_high", "siegel_slope",
}  # fmt: skip
# A column for each fiscal year, such as fy2015.
_YEAR = re.compile(r"fy\d{4}")
_HOLDERS = (("unit", "unit"), ("measure_id", "dim_measure.unit"), ("item_id", "dim_item.unit"))


def unit_of(column: str, columns: Collection[str]) -> str | None:
    """Return the unit of a column of a table with these columns; `=x` says that it stands in x; None when it has none."""
    if column in _FIXED:
        return _FIXED[column]
    if column not in _OF_THE_ROW and column not in _PER_YEAR and not _YEAR.fullmatch(column):
        return None
    holder = next((place for name, place in _HOLDERS if name in columns), None)
    if holder is None:
        return None
    return f"={holder}/年" if column in _PER_YEAR else f"={holder}"
