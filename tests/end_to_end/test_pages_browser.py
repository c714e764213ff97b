"""The pages in a real browser, on request: MIERUKA_BROWSER names a folder of npm modules. docs/pages.md has the recipe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipelines.quality.gate import load_suites
from tests.end_to_end.conftest import ROOT, call

MODULES = Path(os.environ.get("MIERUKA_BROWSER", ""))
# A site already written, such as that of a home with every municipality; else the one of this repository's sources.
SITE = os.environ.get("MIERUKA_BROWSER_SITE", "")
PAGES = (
    "index.html", "kpi/cloud_municipalities.html", "kpi/konbini_issuance.html", "kpi/asset_depreciation_rate.html",
    "area/131016.html", "area/030007.html", "areas.html", "map.html", "map.html#item=asset_depreciation_rate",
    "compare.html#x=asset_depreciation_rate&y=per_capita_cost_accrual&a=131016", "coverage.html", "schedule.html",
    "quality.html", "sources.html", "dictionary.html", "dictionary/marts.fct_observation.html", "glossary.html", "about.html",
)  # fmt: skip


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    if not os.environ.get("MIERUKA_BROWSER"):
        pytest.skip("on request: MIERUKA_BROWSER names a folder of npm modules")
    node, chromium = shutil.which("node"), shutil.which("chromium")
    if node is None or chromium is None:
        pytest.skip("node and chromium are needed")
    site = Path(SITE)
    if not SITE:
        home: Path = request.getfixturevalue("home")
        assert call(home, "report", "--data-docs").returncode == 0
        site = home / "reports/site"
    reports = [f"defects/{path.name}" for path in sorted((site / "defects").glob("*.html"))]
    bodies = sorted((site / "area").glob("*.html"))
    with_register = [path for path in bodies if 'id="register"' in path.read_text(encoding="utf-8")]
    reports += [f"area/{path.name}" for path in with_register[:2]]
    line = [
        node,
        str(ROOT / "tests/browser/check.js"),
        str(site),
        str(MODULES.resolve()),
        chromium,
        *PAGES,
        *reports,
    ]
    result = subprocess.run(line, capture_output=True, text=True, check=True, timeout=900)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_console_is_silent_and_nothing_is_asked_outside(seen: dict[str, Any]) -> None:
    assert [entry for entry in seen["looked"] if entry["errors"] or entry["outside"]] == []


def test_nothing_is_wider_than_the_screen(seen: dict[str, Any]) -> None:
    assert [
        (entry["page"], entry["view"], entry["overflow"]) for entry in seen["looked"] if entry["overflow"] > 0
    ] == []


def test_axe_finds_nothing_serious(seen: dict[str, Any]) -> None:
    found = [
        (entry["page"], entry["view"], fault["id"], fault["nodes"])
        for entry in seen["looked"] for fault in entry["violations"] if fault["impact"] in ("serious", "critical")
    ]  # fmt: skip
    assert found == []


def test_first_view_is_under_200_kilobytes(seen: dict[str, Any]) -> None:
    assert {entry["page"]: entry["bytes"] for entry in seen["looked"] if entry["bytes"] >= 200_000} == {}


def test_a_reader_searches_filters_compares_and_cites(seen: dict[str, Any]) -> None:
    used = seen["used"]
    assert "error" not in used
    assert used["english"].startswith("en ")
    assert used["earlier"].startswith("#day=2018-01-15 34")
    shown, total = used["filtered"].split("/")
    assert 0 < int(shown) < int(total) == 26
    first, address = used["first"]
    assert f"day={first}" in address
    assert set(used["followed"]) == {"missed"}
    assert "ありません" in used["unknown"]
    assert used["found"][:6] in used["option"]
    assert used["lazy"]
    assert "#o-" in used["citation"]
    assert used["csv"][0].startswith("\ufeff")
    assert used["chosen"].endswith("rows 1")
    assert used["tip"] == "static"


def test_data_docs_show_results_and_suites_with_the_network_off(seen: dict[str, Any]) -> None:
    alone = seen["alone"]
    assert alone["errors"] == []
    assert alone["outside"] == []
    suites = {suite.name for suite in load_suites()}
    listed = {row.split()[-1] for row in alone["results"]}
    assert listed
    assert listed <= suites
    assert {row.split()[-1] for row in alone["suites"]} <= suites
    assert any("Evaluated Expectations" in row for row in alone["expectations"])
    assert "currently contains" in alone["suite"]


def test_values_of_a_chart_are_told_by_keyboard_and_pointer(seen: dict[str, Any]) -> None:
    alone = seen["alone"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}: [\d,.]+.*", alone["first"])
    assert alone["second"] not in ("", alone["first"])
    assert alone["hovered"]
