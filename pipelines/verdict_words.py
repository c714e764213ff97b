"""The statuses of verdicts in words, in Japanese and English."""

from __future__ import annotations

STATUSES: dict[str, tuple[str, str]] = {
    "monitor_only": ("事後に検証", "monitored only"),
    "no_target": ("目標なし", "no target"),
    "target_pending": ("目標未設定", "target pending"),
    "improving": ("改善", "improving"),
    "flat": ("横ばい", "flat"),
    "worsening": ("悪化", "worsening"),
    "baseline_only": ("基準値のみ", "baseline only"),
    "no_data": ("数値なし", "no data"),
    "deadline_pending": ("期限未設定", "deadline pending"),
    "not_comparable": ("比較できない", "not comparable"),
    "maintained": ("維持", "maintained"),
    "slipped": ("後退", "slipped"),
    "achieved": ("達成", "achieved"),
    "ahead": ("計画以上", "ahead"),
    "on_track": ("ほぼ計画どおり", "on track"),
    "behind": ("遅れ", "behind"),
    "far_behind": ("大きく遅れ", "far behind"),
    "reversing": ("逆行", "reversing"),
    "achieved_then_slipped": ("達成後に後退", "achieved, then slipped"),
    "missed": ("未達成", "missed"),
    "achieved_late": ("期限後に達成", "achieved late"),
    "achieved_date_unknown": ("達成（時期不明）", "achieved, date unknown"),
    "overdue_no_final_data": ("期限の数値なし", "overdue, no final data"),
}
