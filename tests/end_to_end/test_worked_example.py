"""The method as told to citizens (docs/method.ja.md): each of its numbers is the warehouse's own."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from pipelines.settings import PROJECT_ROOT

Mieruka = Callable[..., subprocess.CompletedProcess[str]]
Record = dict[str, Any]
PAGE = (PROJECT_ROOT / "docs" / "method.ja.md").read_text(encoding="utf-8")
ENGLISH = (PROJECT_ROOT / "docs" / "method.md").read_text(encoding="utf-8")
# On this day the last figure before the deadline had become known.
_KNOWN_DAY = "2017-10-10"


def explained(mieruka: Mieruka, *arguments: str) -> Record:
    result = mieruka("explain", "cloud_municipalities", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    (measure,) = json.loads(result.stdout)["measures"]
    return dict(measure)


def verdict_of(measure: Record, version: str) -> Record:
    return next(
        row for row in measure["verdicts"] if row["target_version"] == version and row["scheme"] == "default"
    )


@pytest.fixture(scope="module")
def today(mieruka: Mieruka) -> Record:
    return explained(mieruka)


@pytest.fixture(scope="module")
def midway(mieruka: Mieruka) -> Record:
    return verdict_of(explained(mieruka, "--as-of", _KNOWN_DAY), "roadmap_2017")


def rounded(number: Any, places: str = "1") -> Decimal:
    return Decimal(str(number)).quantize(Decimal(places), rounding=ROUND_HALF_UP)


def days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def test_the_promise_is_that_of_the_roadmap(today: Record) -> None:
    verdict = verdict_of(today, "roadmap_2017")
    start, end = verdict["baseline_date"], verdict["target_date"]
    way = verdict["target_value"] - verdict["baseline_value"]
    a_year = rounded(Decimal(way) / (Decimal(days(start, end)) / Decimal("365.25")))
    for said in (
        f"> {verdict['target_text_ja']}\n",
        f"| 出発点（基準値） | {verdict['baseline_value']}団体 | {start} |",
        f"| 行き先（目標値） | 約{verdict['target_value']:,}団体 | {end} |",
        f"| 道のり | {way}団体 | {days(start, end):,}日 |",
        f"1年に約{a_year}団体ずつ増えれば",
        verdict["source_url"],
    ):
        assert said in PAGE
    assert verdict["value_is_approximate"]


def test_the_figures_are_those_that_enter_the_verdict(today: Record, mieruka: Mieruka) -> None:
    verdict = verdict_of(today, "roadmap_2017")
    first, length = verdict["baseline_value"], days(verdict["baseline_date"], verdict["target_date"])
    query = (
        "select as_of_date, value, citation_url from fct_observation "
        "where item_id = 'cloud_municipalities' and enters_verdict order by as_of_date"
    )
    rows = json.loads(mieruka("sql", "--json", query).stdout)
    told = re.findall(
        r"^\| (\d{4}-\d\d-\d\d) \| ([\d,]+) \| ([\d,]+) \| ([+-]?\d+) \| \[[^]]*\]\(([^)]*)\)",
        PAGE,
        re.MULTILINE,
    )
    expected = []
    for row in rows:
        passed = Decimal(days(verdict["baseline_date"], row["as_of_date"])) / length
        path = first + (verdict["target_value"] - first) * passed
        gap = rounded(row["value"] - path)
        sign = f"{gap:+}" if gap else "0"
        expected.append(
            (row["as_of_date"], f"{row['value']:,}", f"{rounded(path):,}", sign, row["citation_url"])
        )
    assert told == expected
    drawn = json.loads(
        mieruka(
            "sql", "--json",
            "select date, path_value from bi_kpi_timeline "
            "where measure_id = 'cloud_municipalities' and area_code = '000000' and date is not null",
        ).stdout
    )  # fmt: skip
    paths = {row[0]: row[2].replace(",", "") for row in told}
    assert len(drawn) >= 4
    assert {row["date"]: str(rounded(row["path_value"])) for row in drawn}.items() <= paths.items()


def test_the_verdict_midway_is_drawn_as_told(midway: Record) -> None:
    made = midway["value"] - midway["baseline_value"]
    passed, length = (days(midway["baseline_date"], midway[end]) for end in ("as_of_date", "target_date"))
    for said in (
        f"## 3. 途中の判定 — {midway['value']}団体が分かった日",
        f"- **進捗** {rounded(midway['progress'] * 100, '0.1')}% … 450団体の道のりのうち、{made}団体分を進んだ",
        f"- **経過** {rounded(midway['elapsed'] * 100, '0.1')}% … {length:,}日のうち、{passed:,}日が過ぎた",
        f"- **速度** {rounded(midway['pace'], '0.01')} …",
        f"残りの{midway['target_value'] - midway['value']}団体を増やすには、1年に約{rounded(midway['required_per_year'])}団体",
    ):
        assert said in PAGE
    assert (midway["status"], midway["grade"]) == ("ahead", "A")


def test_nothing_is_used_before_it_was_known(mieruka: Mieruka) -> None:
    before = verdict_of(explained(mieruka, "--as-of", "2017-09-30"), "roadmap_2017")
    assert before["value"] != 948


def test_the_verdict_at_the_deadline_and_its_doubts_are_told(today: Record, mieruka: Mieruka) -> None:
    reached = verdict_of(today, "roadmap_2017")
    assert (reached["status"], reached["grade"], reached["reason_code"]) == (
        "achieved",
        "A",
        "MET_AT_DEADLINE",
    )
    assert f"その月の数値は{reached['deadline_value']:,}団体" in PAGE
    doubled = verdict_of(today, "roadmap_2017_doubling")
    assert (doubled["status"], doubled["grade"]) == ("missed", "B")
    assert f"{doubled['baseline_value']}の2倍は{doubled['target_value']:,}" in PAGE
    later = verdict_of(today, "digital_declaration_2018")
    assert (later["status"], later["grade"], later["target_date"]) == (
        "overdue_no_final_data",
        "N",
        "2024-03-31",
    )
    assert f"2023年度末までに約{later['target_value']:,}団体" in PAGE
    query = (
        "select value, exclusion_reason from fct_observation where item_id = 'cloud_municipalities' "
        "and as_of_date = date '2014-04-01' and not enters_verdict"
    )
    (other,) = json.loads(mieruka("sql", "--json", query).stdout)
    assert f"別の資料の{other['value']}という数" in PAGE
    assert other["exclusion_reason"]


def test_no_number_of_bodies_stands_there_that_was_not_looked_up(today: Record, midway: Record) -> None:
    told = {int(number.replace(",", "")) for number in re.findall(r"([\d,]+)団体", PAGE)}
    verdict = verdict_of(today, "roadmap_2017")
    ends = {row["target_value"] for row in today["verdicts"] if row["target_value"]}
    known = {verdict["baseline_value"], verdict["value"], midway["value"], 450, 398, 52, 113} | ends
    assert told <= known


def test_the_english_page_has_the_same_numbers() -> None:
    row = re.compile(r"^\| (\d{4}-\d\d-\d\d \|.*?\|.*?\|.*?)\| \[[^]]*\](\([^)]*\))", re.MULTILINE)
    assert row.findall(ENGLISH) == row.findall(PAGE)
    assert len(row.findall(ENGLISH)) == 5
    for number in re.findall(r"([\d,]+)団体", PAGE):
        assert number in ENGLISH
    percentages = re.compile(r"[\d.]+%")
    assert percentages.findall(ENGLISH) == percentages.findall(PAGE)
    for printed in re.findall(r"^    [pe] = .*$", PAGE, re.MULTILINE):
        assert printed in ENGLISH
