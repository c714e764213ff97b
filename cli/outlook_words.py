"""Words, Japanese and English, for what the published methods, trends and projections say."""

from __future__ import annotations

Words = dict[str, tuple[str, str]]

METHODS: Words = {
    "linear_graded": ("線形の段階評価", "graded linear"),
    "statcan": ("カナダ統計局（成長率の比）", "Statistics Canada (ratio of growth rates)"),
    "eurostat": ("EU統計局（成長率の比）", "Eurostat (ratio of growth rates)"),
    "unsd_2024": ("国連統計部 2024", "UN Statistics Division 2024"),
    "unsd_2022": ("国連統計部 2022", "UN Statistics Division 2022"),
    "sdsn": ("SDSN（必要な速さとの比）", "SDSN (ratio to the required rate)"),
    "destatis": ("ドイツ連邦統計局（残る差）", "Destatis (gap left)"),
    "escap": ("国連アジア太平洋経済社会委員会", "UN ESCAP"),
    "tama": ("多摩市（年次計画との比）", "Tama city (ratio to the schedule)"),
    "naive_ratio": ("達成率（単純）", "naive ratio"),
}

# The classes of the methods, in their own words.
CLASSES: Words = {
    "achieved": ("達成", "achieved"),
    "ahead": ("計画以上", "ahead"),
    "on_track": ("順調", "on track"),
    "behind": ("遅れ", "behind"),
    "far_behind": ("大きく遅れ", "far behind"),
    "reversing": ("逆行", "reversing"),
    "target_achieved": ("目標達成", "target achieved"),
    "moderate": ("前進しているが加速が必要", "progressing, acceleration needed"),
    "limited": ("前進は限定的", "limited progress"),
    "deterioration": ("悪化", "deterioration"),
    "significant_progress": ("大きく前進", "significant progress"),
    "moderate_progress": ("前進", "moderate progress"),
    "insufficient_progress": ("前進は不十分", "insufficient progress"),
    "movement_away": ("目標から遠ざかる", "movement away"),
    "met_or_on_track": ("達成または順調", "met or on track"),
    "progress_too_slow": ("前進しているが遅い", "progress, but too slow"),
    "stagnation_or_regression": ("停滞または後退", "stagnation or regression"),
    "fair_progress": ("前進しているが加速が必要", "fair progress, acceleration needed"),
    "limited_or_no_progress": ("前進は限定的かなし", "limited or no progress"),
    "on_track_or_maintaining": ("順調または維持", "on track or maintaining"),
    "moderately_improving": ("改善しているが不十分", "moderately improving"),
    "stagnating": ("停滞", "stagnating"),
    "decreasing": ("後退", "decreasing"),
    "sun": ("晴れ", "sun"),
    "slightly_cloudy": ("薄曇り", "slightly cloudy"),
    "cloudy": ("曇り", "cloudy"),
    "thunderstorm": ("雷雨", "thunderstorm"),
    "maintain": ("今の速さを保つ", "maintain"),
    "accelerate": ("加速が必要", "accelerate"),
    "reverse": ("逆転が必要", "reverse the trend"),
    "steady": ("着実に推移", "steady"),
    "fair": ("概ね順調", "fair"),
    "needs_improvement": ("要改善", "needs improvement"),
}

TRENDS: Words = {
    "unchanged": ("変化なし", "unchanged"),
    "monotone_increasing": ("単調増加（有意性は判定不能）", "monotone increasing (significance cannot be judged)"),
    "monotone_decreasing": ("単調減少（有意性は判定不能）", "monotone decreasing (significance cannot be judged)"),
    "not_monotone": ("増減あり（有意性は判定不能）", "up and down (significance cannot be judged)"),
    "undetermined": ("判定できない", "undetermined"),
    "no_trend": ("傾向は認められない（5%水準）", "no trend (at 5 %)"),
    "increasing": ("増加傾向（5%水準）", "increasing (at 5 %)"),
    "decreasing": ("減少傾向（5%水準）", "decreasing (at 5 %)"),
}  # fmt: skip

MODELS: Words = {
    "none": ("推計なし", "no projection"),
    "flat": ("横ばい", "flat"),
    "two_point": ("2点の直線", "two-point line"),
    "gap_closing": ("上限までの差が一定の割合で縮む", "gap to the limit closing at a constant rate"),
    "theil_sen": ("Theil–Senの直線", "Theil-Sen line"),
    "ols": ("最小二乗の直線", "least-squares line"),
    "log_line": ("対数の直線", "line in logarithms"),
    "logit": ("ロジット（上限固定）", "logit with a fixed limit"),
    "wls_half_life": ("新しい点に重みを置く直線", "line weighted towards recent points"),
    "hazard": ("団体別の導入の速さ", "rate of adoption body by body"),
}

PROJECTION_REASONS: Words = {
    "ALREADY_MET": ("すでに目標を満たす", "the target is met already"),
    "AT_LIMIT": ("上限に達している", "at the limit already"),
    "BEYOND_HORIZON": ("推計してよい期間を越える", "beyond the horizon of projection"),
    "BEYOND_LIMIT": ("上限を越える値がある", "a value is beyond the limit"),
    "COMPARATOR": ("以上・以下の目標ではない", "the target is not a floor or ceiling"),
    "DEADLINE_OBSERVED": ("期限の数値がある", "the deadline is observed already"),
    "DEADLINE_PAST": ("期限は過ぎている", "the deadline is past"),
    "MODEL_ALREADY_THERE": ("モデルの線ではすでに達している", "the model's line is there already"),
    "NATIONAL_TARGET": ("目標は全国のもの", "the target is the nation's"),
    "NONPOSITIVE_VALUE": ("零以下の値がある", "a value is zero or below"),
    "NOT_INSIDE_LIMIT": ("0と上限の間にない値がある", "a value is not between 0 and the limit"),
    "NOT_REACHED": ("この向きでは達しない", "not reached in this direction"),
    "NO_BODIES": ("対象の団体がない", "no bodies"),
    "NO_DEADLINE": ("期限がない", "no deadline"),
    "NO_DIRECTION": ("望ましい向きが決まっていない", "no desired direction is stated"),
    "NO_ERROR_MODEL": ("このモデルは誤差を与えない", "this model gives no error"),
    "NO_LIMIT": ("上限がない", "no natural limit"),
    "NO_TIME_SPAN": ("数値がすべて同じ年度", "all figures are of one fiscal year"),
    "NO_VARIATION": ("値が動いていない", "the values do not vary"),
    "PERFECT_FIT": ("数値がすべて線の上にある", "all figures lie on the line"),
    "SERIES_BREAK": ("系列が途切れている", "the series is broken"),
    "SHORT_SERIES": ("数値が5つに満たない", "fewer than five figures"),
    "TARGET_AT_LIMIT": ("目標が上限そのもの", "the target is the limit itself"),
    "TARGET_NONPOSITIVE": ("目標が零以下", "the target is zero or below"),
    "TOO_FEW_POINTS": ("推計不可（数値が足りない）", "too few figures to project"),
}
