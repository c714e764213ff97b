"""Made-up asset registers of a whole nation, as landed: one Parquet file a body, by a seed, with known defects.

`python -m benchmarks.registers --to DIR --lines 1000000` writes 1,788 registers under `DIR/register/` and
`DIR/oracle.json`: the sums of each account and how many lines each rule is to find. Sizes are skewed like
populations, most assets are of 1965 to 2000, lives are those of the tax tables. The accounting is exact integers: straight
line at the table's rate from the year after, down to a memo yen. Names are made up.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.normalize.area_codes import check_digit
from pipelines.register.schema import LINES, REGISTER, TOTAL_SCHEMA, TOTALS

PREFECTURES = 47
BODIES = 1_788
ENTITY = "general"
# A body has 10,000 to 500,000 lines where the nation has 100 million; other nations are to scale.
_SMALLEST, _LARGEST, _WHOLE = 10_000, 500_000, 100_000_000
# One line in so many is broken, for each kind of defect.
_ONE_IN = 4_000

# Ways to break a line, each with the rules that then find it.
DEFECTS = {
    "book_value_differs": ("book_value_differs",),
    "accumulated_over_cost": ("accumulated_over_cost", "negative_amount", "straight_line_differs"),
    "never_depreciated": ("never_depreciated",),
    "duplicate_number": ("duplicate_number",),
    "date_after_year_end": ("date_after_year_end",),
    "straight_line_differs": ("straight_line_differs",),
}
# One body in so many states a total that is not the sum of its lines.
_WRONG_TOTAL_ONE_IN = 50


@dataclass(frozen=True)
class Account:
    """One account of the register: its share of the lines, median cost in yen, lives in years (none: not depreciated)."""

    group: str
    kind: str
    label: str
    share: float
    median: float
    lives: tuple[int, ...]
    names: tuple[str, ...]
    unit: str = "㎡"


_BUILDINGS = (15, 24, 31, 38, 38, 47, 47, 50, 50)
_WORKS = (15, 20, 30, 40, 45, 50, 60, 60, 60)
_FACILITIES = (
    "小学校校舎",
    "中学校校舎",
    "市営住宅",
    "公民館",
    "庁舎",
    "保育所",
    "体育館",
    "消防署",
    "図書館",
    "車庫",
)
ACCOUNTS = (
    Account("business", "land", "事業用土地", 0.20, 4e6, (), ("宅地", "学校用地", "公園用地", "雑種地")),
    Account("business", "timber", "立木竹", 0.004, 2e6, (), ("スギ", "ヒノキ")),
    Account("business", "building", "事業用建物", 0.12, 2.5e7, _BUILDINGS, _FACILITIES),
    Account("business", "structure", "事業用工作物", 0.08, 3e6, _WORKS, ("門・塀", "受水槽", "駐輪場", "遊具"), "式"),
    Account("business", "vessel", "船舶", 0.0005, 8e6, (5, 9, 14), ("消防艇",), "隻"),
    Account("business", "construction_in_progress", "事業用建設仮勘定", 0.004, 1e7, (), ("建設仮勘定",), "件"),
    Account("infrastructure", "land", "インフラ土地", 0.2965, 1e6, (), ("道路敷", "河川敷", "公園敷")),
    Account("infrastructure", "building", "インフラ建物", 0.01, 1.5e7, _BUILDINGS, ("ポンプ場", "処理場")),
    Account("infrastructure", "structure", "インフラ工作物", 0.22, 6e6, _WORKS, ("市道", "橋りょう", "管きょ", "護岸"), "m"),
    Account("infrastructure", "construction_in_progress", "インフラ建設仮勘定", 0.005, 1e7, (), ("建設仮勘定",), "件"),
    Account("goods", "goods", "物品", 0.06, 9e5, (4, 5, 6, 8, 10, 15), ("車両", "パソコン", "測定器", "厨房機器"), "台"),
)  # fmt: skip
_LAND = [index for index, account in enumerate(ACCOUNTS) if account.kind == "land"]
_DEPARTMENTS = ("総務部", "教育委員会", "建設部", "福祉部", "上下水道部", "消防本部", "市民部", "産業部")
_FUNDING = ("一般財源", "国庫補助金", "都道府県補助金", "地方債", "寄附")

_TEXT = pa.dictionary(pa.int32(), pa.string())
_YEN = pa.decimal128(18, 0)
SCHEMA = pa.schema(
    [
        ("area_code", _TEXT), ("fiscal_year", pa.int32()), ("entity", _TEXT), ("asset_no", pa.string()),
        ("branch_no", _TEXT), ("department", _TEXT), ("account_group", _TEXT), ("account_class", _TEXT),
        ("account_label", _TEXT), ("asset_name", _TEXT), ("use_name", _TEXT), ("life_class", _TEXT),
        ("useful_life_years", pa.int32()), ("acquired_on", pa.date32()), ("in_use_on", pa.date32()),
        ("cost_basis", _TEXT), ("acquisition_cost", _YEN), ("funding", _TEXT), ("increase_amount", _YEN),
        ("decrease_amount", _YEN), ("change_reason", _TEXT), ("depreciation_year", _YEN),
        ("accumulated_depreciation", _YEN), ("book_value_before", _YEN), ("book_value", _YEN),
        ("lease_class", _TEXT), ("quantity", pa.decimal128(18, 4)), ("quantity_unit", _TEXT),
        ("unit_yen", pa.int32()), ("duplicate_of_row", pa.int32()), ("snapshot_sha256", _TEXT),
        ("source_file", _TEXT), ("sheet", _TEXT), ("row_no", pa.int32()),
    ]
)  # fmt: skip


def area_codes() -> list[str]:
    """Return the made-up nation's codes: 47 prefectures, then municipalities dealt out to them."""
    plain = [f"{prefecture:02d}000" for prefecture in range(1, PREFECTURES + 1)]
    others = BODIES - PREFECTURES
    plain += [f"{place % PREFECTURES + 1:02d}{201 + place // PREFECTURES}" for place in range(others)]
    return [code + str(check_digit(code)) for code in plain]


def sizes(lines: int, seed: int) -> list[int]:
    """Return how many lines each body has: skewed, between the least and the most, `lines` in all."""
    low, high = (max(1, bound * lines // _WHOLE) for bound in (_SMALLEST, _LARGEST))
    weights = np.random.default_rng([seed, BODIES]).lognormal(0.0, 1.1, BODIES)
    bottom, top = 0.0, lines * 10.0
    for _ in range(200):
        factor = (bottom + top) / 2
        if np.clip(weights * factor, low, high).sum() > lines:
            top = factor
        else:
            bottom = factor
    shares = np.clip(weights * bottom, low, high)
    counts = np.floor(shares).astype(np.int64)
    missing = lines - int(counts.sum())
    counts[np.argsort(-(shares - counts), kind="stable")[:missing]] += 1
    return [int(count) for count in counts]


def rate_per_thousand(life: np.ndarray) -> np.ndarray:
    """Return the straight-line rate of the tax tables in thousandths: 1 / years, rounded up to three places."""
    return -(-1000 // np.maximum(life, 1))


def _columns(code: str, lines: int, fiscal_year: int, seed: int) -> dict[str, np.ndarray]:
    """Return the numbers of a register without defects; money in whole yen, dates as days since 1970."""
    random = np.random.default_rng([seed, int(code)])
    account = random.choice(len(ACCOUNTS), lines, p=np.array([account.share for account in ACCOUNTS]))
    # Most of what stands was built from 1965 to 2000; a part is recent.
    year = np.where(
        random.random(lines) < 0.75, random.triangular(1960, 1985, 2010, lines), random.uniform(2000, fiscal_year, lines)
    ).astype(np.int64)  # fmt: skip
    life = np.zeros(lines, np.int64)
    median = np.array([entry.median for entry in ACCOUNTS])[account]
    for index, entry in enumerate(ACCOUNTS):
        chosen = account == index
        if entry.lives:
            life[chosen] = random.choice(entry.lives, int(chosen.sum()))
        if entry.kind == "goods":
            year[chosen] = fiscal_year - random.integers(0, 20, int(chosen.sum()))
        elif entry.kind == "construction_in_progress":
            year[chosen] = fiscal_year
    cost = np.maximum(1, np.rint(np.exp(random.normal(0.0, 1.4, lines)) * median)).astype(np.int64)
    memo = random.random(lines) < 0.03
    cost[memo] = 1
    day = random.integers(0, 365, lines)
    starts = np.array([np.datetime64(f"{y}-04-01", "D") for y in range(1900, fiscal_year + 3)]).astype(
        np.int64
    )
    acquired = starts[year - 1900] + day
    elapsed = fiscal_year - year
    yearly = np.where(life > 0, cost * rate_per_thousand(life) // 1000, 0)
    accumulated = np.minimum(yearly * elapsed, cost - 1)
    before = np.minimum(yearly * np.maximum(elapsed - 1, 0), cost - 1)
    return {
        "account": account, "life": life, "acquired": acquired, "cost": cost, "memo": memo.astype(np.int64),
        "yearly": accumulated - before, "accumulated": accumulated, "book": cost - accumulated,
        "book_before": np.where(elapsed > 0, cost - before, 0), "new": (elapsed == 0).astype(np.int64),
        "number": np.arange(1, lines + 1), "department": random.integers(0, len(_DEPARTMENTS), lines),
        "funding": random.integers(0, len(_FUNDING), lines), "name": random.integers(0, 40, lines),
        "quantity": random.integers(1, 5_000, lines) * 100, "rank": random.random(lines),
        "row_no": np.arange(2, lines + 2, dtype=np.int32), "duplicate_of_row": np.zeros(lines, np.int32),
    }  # fmt: skip


def _break(columns: dict[str, np.ndarray], fiscal_year: int) -> Counter[str]:
    """Break lines of a register, each in one way at most; return how many lines each rule is to find."""
    lines, rank = len(columns["cost"]), columns["rank"]
    depreciates = (columns["life"] > 0) & (columns["cost"] > 10_000) & (columns["new"] == 0)
    can_be = {
        "book_value_differs": depreciates,
        "accumulated_over_cost": depreciates,
        "never_depreciated": np.isin(columns["account"], _LAND) & (columns["cost"] > 1_000),
        "duplicate_number": np.arange(lines) > 0,
        "date_after_year_end": columns["life"] == 0,
        "straight_line_differs": depreciates & (columns["accumulated"] * 5 > columns["cost"]),
    }
    found: Counter[str] = Counter()
    for position, (kind, possible) in enumerate(can_be.items()):
        low = position / _ONE_IN
        at = np.flatnonzero((rank >= low) & (rank < low + 1 / _ONE_IN) & possible)
        if kind == "duplicate_number":
            at = at[~np.isin(at - 1, at)]
        _break_lines(kind, columns, at, fiscal_year)
        found.update({rule: len(at) for rule in DEFECTS[kind]})
    return found


def _break_lines(kind: str, columns: dict[str, np.ndarray], at: np.ndarray, fiscal_year: int) -> None:
    """Break the lines at these places in one way, and in no other."""
    if kind == "duplicate_number":
        columns["number"][at] = columns["number"][at - 1]
        columns["duplicate_of_row"][at] = columns["row_no"][at - 1]
    elif kind == "date_after_year_end":
        columns["acquired"][at] = int(np.datetime64(f"{fiscal_year + 1}-04-30", "D").astype(np.int64))
    elif kind == "book_value_differs":
        columns["book"][at] += 100
        columns["book_before"][at] += 100
    else:
        wrong = {
            "accumulated_over_cost": columns["cost"][at] + 1_000,
            "never_depreciated": columns["cost"][at] // 2,
            "straight_line_differs": columns["accumulated"][at] // 2,
        }[kind]
        columns["accumulated"][at] = wrong
        columns["book"][at] = columns["book_before"][at] = columns["cost"][at] - wrong
        columns["yearly"][at] = columns["new"][at] = 0


def _file_name(code: str) -> str:
    return f"register_{code}.csv"


def _sha256(code: str) -> str:
    return f"{int(code):064x}"


def _words(indices: np.ndarray, words: list[str | None]) -> pa.Array:
    """Return a column of words from their places in a list; None is null."""
    known = list(dict.fromkeys(word for word in words if word is not None))
    place = np.array([known.index(word) if word is not None else -1 for word in words], np.int32)[indices]
    return pa.DictionaryArray.from_arrays(pa.array(place, mask=place < 0), pa.array(known, pa.string()))


def _yen(values: np.ndarray, kind: pa.DataType = _YEN) -> pa.Array:
    """Return integers as decimals without going through floats: 128 bits, the low word first."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0], words[:, 1] = values, values >> 63
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words)])


def _table(code: str, columns: dict[str, np.ndarray], fiscal_year: int) -> pa.Table:
    lines = len(columns["cost"])
    account, same = columns["account"], np.zeros(lines, np.int64)
    names = [
        f"第{place // len(entry.names) + 1}{entry.names[place % len(entry.names)]}"
        for entry in ACCOUNTS
        for place in range(40)
    ]
    acquired = pa.array(columns["acquired"].astype(np.int32), pa.int32()).cast(pa.date32())
    none = np.zeros(lines, np.int64)

    def of_account(attribute: str) -> pa.Array:
        return _words(account, [getattr(entry, attribute) for entry in ACCOUNTS])

    return pa.table(
        {
            "area_code": _words(same, [code]),
            "fiscal_year": pa.array(np.full(lines, fiscal_year, np.int32)),
            "entity": _words(same, [ENTITY]),
            "asset_no": pa.array(np.char.zfill(columns["number"].astype("U8"), 8)),
            "branch_no": _words(same, ["0"]),
            "department": _words(columns["department"], list(_DEPARTMENTS)),
            "account_group": of_account("group"),
            "account_class": of_account("kind"),
            "account_label": of_account("label"),
            "asset_name": _words(account * 40 + columns["name"], names),
            "use_name": _words(
                account * 40 + columns["name"],
                [entry.names[place % len(entry.names)] for entry in ACCOUNTS for place in range(40)],
            ),
            "life_class": of_account("label"),
            "useful_life_years": pa.array(columns["life"].astype(np.int32), mask=columns["life"] == 0),
            "acquired_on": acquired,
            "in_use_on": acquired,
            "cost_basis": _words(columns["memo"], ["known", "memo"]),
            "acquisition_cost": _yen(columns["cost"]),
            "funding": _words(columns["funding"], list(_FUNDING)),
            "increase_amount": _yen(np.where(columns["new"] == 1, columns["cost"], 0)),
            "decrease_amount": _yen(none),
            "change_reason": _words(columns["new"], [None, "取得"]),
            "depreciation_year": _yen(columns["yearly"]),
            "accumulated_depreciation": _yen(columns["accumulated"]),
            "book_value_before": _yen(columns["book_before"]),
            "book_value": _yen(columns["book"]),
            "lease_class": _words(same, ["自己所有"]),
            "quantity": _yen(columns["quantity"] * 100, pa.decimal128(18, 4)),
            "quantity_unit": of_account("unit"),
            "unit_yen": pa.array(np.ones(lines, np.int32)),
            "duplicate_of_row": pa.array(columns["duplicate_of_row"], mask=columns["duplicate_of_row"] == 0),
            "snapshot_sha256": _words(same, [_sha256(code)]),
            "source_file": _words(same, [_file_name(code)]),
            "sheet": _words(same, [_file_name(code)]),
            "row_no": pa.array(columns["row_no"]),
        },
        schema=SCHEMA,
    )


def _partition(folder: Path, table: str, code: str, fiscal_year: int) -> Path:
    path = folder / REGISTER / table / f"area_code={code}" / f"fiscal_year={fiscal_year}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def _write_total(folder: Path, code: str, fiscal_year: int, total: list[int], *, wrong: bool) -> None:
    """Write what a register states as its total: cost, accumulated depreciation and book value in yen."""
    row = {
        "area_code": code, "fiscal_year": fiscal_year, "entity": ENTITY, "account_group": None, "account_class": None,
        "stated_in": "register", "label": "合計", "acquisition_cost": total[0] + (1_000 if wrong else 0),
        "accumulated_depreciation": total[1], "book_value": total[2], "unit_yen": 1, "snapshot_sha256": _sha256(code),
        "source_file": _file_name(code), "sheet": _file_name(code), "row_no": total[3] + 2,
    }  # fmt: skip
    frame = pl.DataFrame([row], schema=TOTAL_SCHEMA)
    frame.write_parquet(_partition(folder, TOTALS, code, fiscal_year) / "register.parquet")


def write_register(folder: Path, fiscal_year: int, seed: int, body: tuple[str, int]) -> dict[str, Any]:
    """Write the register of one body (its code, how many lines); return its sums in yen and what rules are to find."""
    code, lines = body
    columns = _columns(code, lines, fiscal_year, seed)
    findings = _break(columns, fiscal_year)
    path = _partition(folder, LINES, code, fiscal_year) / "register.parquet"
    pq.write_table(
        _table(code, columns, fiscal_year), path, compression="zstd", store_decimal_as_integer=True,
        column_encoding={"asset_no": "DELTA_BYTE_ARRAY", "row_no": "DELTA_BINARY_PACKED"},
        use_dictionary=[field.name for field in SCHEMA if field.type == _TEXT], store_schema=False,
    )  # fmt: skip
    sums = {}
    for index, entry in enumerate(ACCOUNTS):
        chosen = columns["account"] == index
        sums[f"{entry.group}/{entry.kind}"] = [
            int(chosen.sum()), int(columns["cost"][chosen].sum()), int(columns["accumulated"][chosen].sum()),
            int(columns["book"][chosen].sum()),
        ]  # fmt: skip
    wrong = int(code) % _WRONG_TOTAL_ONE_IN == 0
    total = [int(columns[name].sum()) for name in ("cost", "accumulated", "book")]
    _write_total(folder, code, fiscal_year, [*total, lines], wrong=wrong)
    findings["register_total_differs"] = int(wrong)
    return {
        "area_code": code,
        "lines": lines,
        "bytes": path.stat().st_size,
        "sums": sums,
        "findings": dict(findings),
    }


def write_nation(
    folder: Path, lines: int, *, fiscal_year: int = 2023, seed: int = 1, processes: int = 2
) -> dict[str, Any]:
    """Write all registers and the oracle beside them; return the oracle.

    Its `sums` are, for each account, lines, acquisition cost, accumulated depreciation and book value in yen.
    """
    bodies = list(zip(area_codes(), sizes(lines, seed), strict=True))
    work = partial(write_register, folder, fiscal_year, seed)
    with ProcessPoolExecutor(processes) as pool:
        written = list(pool.map(work, bodies, chunksize=8))
    findings: Counter[str] = Counter()
    sums = {f"{entry.group}/{entry.kind}": [0, 0, 0, 0] for entry in ACCOUNTS}
    for body in written:
        findings.update(body["findings"])
        for key, values in body["sums"].items():
            sums[key] = [total + value for total, value in zip(sums[key], values, strict=True)]
    oracle = {
        "lines": lines, "bodies": len(bodies), "fiscal_year": fiscal_year, "seed": seed,
        "bytes": sum(body["bytes"] for body in written), "findings": dict(findings), "sums": sums,
    }  # fmt: skip
    (folder / "oracle.json").write_text(json.dumps(oracle, indent=1), encoding="utf-8")
    return oracle


def main() -> None:
    """Write a nation of registers and print its oracle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder of landed tables")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--fiscal-year", type=int, default=2023)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    oracle = write_nation(
        given.to, given.lines, fiscal_year=given.fiscal_year, seed=given.seed, processes=given.processes
    )
    print(json.dumps(oracle, indent=1))


if __name__ == "__main__":
    main()
