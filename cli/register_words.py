"""Words of the tables of registers, in both languages."""

from __future__ import annotations

TERMS: dict[str, tuple[str, str]] = {
    "general": ("一般会計等", "general accounts"),
    "whole": ("全体", "all accounts"),
    "consolidated": ("連結", "consolidated"),
    "water": ("水道", "water"),
    "sewerage": ("下水道", "sewerage"),
    "hospital": ("病院", "hospital"),
    "transport": ("交通", "transport"),
    "business": ("事業用資産", "business assets"),
    "infrastructure": ("インフラ資産", "infrastructure assets"),
    "goods": ("物品", "goods"),
    "intangible": ("無形固定資産", "intangible assets"),
    "investment": ("投資その他の資産", "investments"),
    "unspecified": ("区分の記載なし", "group not printed"),
    "land": ("土地", "land"),
    "timber": ("立木竹", "standing timber"),
    "building": ("建物", "buildings"),
    "structure": ("工作物", "structures"),
    "vessel": ("船舶", "vessels"),
    "floating": ("浮標等", "buoys and the like"),
    "aircraft": ("航空機", "aircraft"),
    "software": ("ソフトウェア", "software"),
    "other": ("その他", "others"),
    "construction_in_progress": ("建設仮勘定", "construction in progress"),
    "unknown": ("不明", "unknown"),
    "table_next_year": ("償却率表、供用の翌年度から", "rate of the table, from the year after use began"),
    "table_same_year": ("償却率表、供用の年度から1年分", "rate of the table, a full year from the year use began"),
    "table_this_month": ("償却率表、供用の月から月割", "rate of the table, by months from the month use began"),
    "table_next_month": ("償却率表、供用の翌月から月割", "rate of the table, by months from the next month"),
    "life_next_year": ("耐用年数で割る、供用の翌年度から", "one part of the life, from the year after use began"),
    "life_same_year": ("耐用年数で割る、供用の年度から1年分", "one part of the life, a full year from the year use began"),
    "life_this_month": ("耐用年数で割る、供用の月から月割", "one part of the life, by months from the month use began"),
    "life_next_month": ("耐用年数で割る、供用の翌月から月割", "one part of the life, by months from the next month"),
}  # fmt: skip

# Why the published rate differs from that of the register.
EXPLAINED: dict[str, tuple[str, str]] = {
    "agrees": ("一致しています", "They agree"),
    "lines_missing_or_doubled": ("貸借対照表の額で計算すると一致します。明細の抜けか重複を確かめてください", "By the balance sheet they agree: look for lines lost or doubled"),
    "goods_left_out": ("物品を除くと一致します", "Without goods they agree"),
    "infrastructure_left_out": ("インフラ資産を除くと一致します", "Without infrastructure they agree"),
    "book_values": ("帳簿価額で計算すると一致します", "By book values they agree"),
    "unexplained": ("物品・インフラの除外や帳簿価額では説明がつきません", "Neither goods, infrastructure nor book values explain it"),
    "no_register_rate": ("台帳からは率を計算できません", "The register gives no rate"),
}  # fmt: skip
