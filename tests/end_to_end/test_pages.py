"""The pages of a published warehouse: whole, true to the marts, and harmless whatever a name holds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import duckdb
import polars as pl
import pytest

from cli.register import computed
from cli.report import wording
from pipelines.pages.site import NotOurFolderError, Options, Written, write_site
from pipelines.quality.history import read_gates
from pipelines.settings import Home
from tests.end_to_end.conftest import Mieruka
from tests.pages_read import Page, read_page, read_script
from tests.registers import HEADERS, SOURCE, areas, kagoshima_lines, read_file, rows_of, write_csv

SAPPORO = "011002"
SHINJUKU = "131041"
SHIMANE = "320005"
EVIL = '<script>alert("x")</script>'
# Of the tables of one register, the mart that each is.
_REGISTER_MARTS = {
    "rates": "register_rate",
    "drivers": "register_driver",
    "renewal": "register_renewal",
    "findings": "register_finding",
    "unknown_facilities": "register_unknown_facility",
}


def beside(connection: duckdb.DuckDBPyConnection, folder: Path, version: str) -> None:
    """Stand in for what writes the open API and the feed."""
    (folder / "feed.atom").write_text("<feed/>", encoding="utf-8")
    for name in ("index.json", f"area/{SAPPORO}.json", "kpi/cloud_municipalities.json"):
        path = folder / "api/v1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"{version}"', encoding="utf-8")


def add_register(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let Sapporo have a made-up register of fiscal year 2017 with what the models make of it, and an older one."""
    lines = kagoshima_lines(12)
    lines[25] = replace(lines[25], asset_name=EVIL, use_name="", department=EVIL)
    lines.append(replace(lines[26], asset_no=lines[25].asset_no))
    path = write_csv(folder / "462012_固定資産台帳_平成29年度.csv", [list(HEADERS.values()), *rows_of(lines)])
    tables = computed(read_file(path, areas()), None)
    for table, mart in _REGISTER_MARTS.items():
        rows = pl.DataFrame(tables[table], infer_schema_length=None)
        for year, entity in ((2017, "general"), (2016, "general"), (2018, "water")):
            connection.execute(
                f"insert into marts.{mart} by name select * replace ('{SAPPORO}' as area_code, {year} as fiscal_year, "
                f"'{entity}' as entity) from rows"
            )
        assert len(rows)
    connection.execute(
        "insert into marts.register_rate_comparison by name select area_code, 2017 as fiscal_year, 'general' as entity, "
        "57.4 as register_rate, 62.7 as published_rate, 5.3 as difference, 'goods_left_out' as explained_by, "
        "observation_id, source_id from marts.fct_observation where area_code = ? and is_latest "
        "and item_id = 'asset_depreciation_rate' limit 1",
        [SAPPORO],
    )
    connection.execute(
        "insert into meta.source_snapshot by name select '0123456789abcdef' as snapshot_sha256, ? as source_id, "
        "'asset_line' as source_table, ? as file_name, now() as retrieved_at",
        [SOURCE, path.name],
    )


@pytest.fixture(scope="module")
def warehouse(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return the published warehouse with a name that no page may obey, a figure not calculated and a group too small."""
    copy = tmp_path_factory.mktemp("pages") / "mieruka.duckdb"
    shutil.copy(home / "published/mieruka.duckdb", copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.dim_area set name_ja = ? where area_code = ?", [EVIL, SAPPORO])
        newest = (
            f"where item_id = 'asset_depreciation_rate' and area_code = '{SHINJUKU}' and fiscal_year = 2023"
        )
        blank = "value = null, value_status = 'not_calculated'"
        connection.execute(f"update marts.fct_observation set {blank} {newest}")
        connection.execute(f"delete from marts.peer_comparison {newest}")
        connection.execute(
            "insert into marts.peer_comparison by name select * replace ('similar_bodies' as peer_scheme, 'few' as peer_group, "
            "3 as group_size, null as rank, null as lower_quartile, null as upper_quartile, "
            "'GROUP_TOO_SMALL' as suppressed_reason) from marts.peer_comparison "
            "where area_code = ? and peer_scheme = 'area_type'",
            [SHIMANE],
        )
        add_register(connection, copy.parent)
        yield connection


@pytest.fixture(scope="module")
def written(
    warehouse: duckdb.DuckDBPyConnection, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    folder = tmp_path_factory.mktemp("site") / "pages"
    options = Options("officer@town.example", Home(home))
    return write_site(warehouse, folder, wording(), options, (beside,))


@pytest.fixture(scope="module")
def pages(written: Written) -> dict[str, Page]:
    found = {
        path.relative_to(written.folder).as_posix(): read_page(path)
        for path in written.folder.rglob("*.html")
    }
    assert len(found) == written.pages
    return found


def test_there_is_a_page_for_every_kpi_and_body(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    kpis = {row[0] for row in warehouse.execute("select kpi_id from marts.dim_kpi").fetchall()}
    bodies = {
        row[0]
        for row in warehouse.execute(
            "select area_code from marts.dim_area_current where area_type in ('prefecture', 'designated_city', 'special_ward')"
        ).fetchall()
    }
    assert {f"kpi/{kpi}.html" for kpi in kpis} == {name for name in pages if name.startswith("kpi/")}
    assert {f"area/{body}.html" for body in bodies} <= set(pages)


def test_every_link_leads_somewhere(written: Written, pages: dict[str, Page]) -> None:
    broken = []
    for name, page in pages.items():
        for tag, address in page.addresses():
            if address.startswith(("https://", "http://")):
                assert tag == "a", f"{name} loads {address}"
                continue
            if address.startswith(("data:", "mailto:")) or address == "#":
                continue
            path, _, fragment = address.partition("#")
            target = (page.path.parent / unquote(path)).resolve() if path else page.path
            if not target.is_relative_to(written.folder) or not target.is_file():
                broken.append((name, address))
            elif fragment and "=" not in fragment and target.suffix == ".html":
                other = pages[target.relative_to(written.folder).as_posix()]
                if unquote(fragment) not in other.ids:
                    broken.append((name, address))
    assert broken == []


def test_no_id_stands_twice_on_a_page(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name


def test_every_figure_is_the_marts_figure(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    query = "select observation_id, value, sheet, cell from marts.fct_observation"
    known = {row[0]: row[1:] for row in warehouse.execute(query).fetchall()}
    seen = 0
    for name, page in pages.items():
        for row_id, cells in page.rows.items():
            if not row_id.startswith("o-"):
                continue
            value, sheet, cell = known[row_id[2:]]
            place = next(entry["text"] for entry in cells if str(cell) in entry["text"])
            assert str(sheet) in place, name
            numbers = {entry["value"] or entry["text"].strip().replace(",", "") for entry in cells}
            if value is None:
                assert not any(entry["value"] for entry in cells)
            else:
                assert f"{value.normalize():f}" in numbers, (name, row_id)
            seen += 1
    assert seen > 1000


def test_every_figure_of_a_body_is_shown_or_is_an_older_one_of_another_item(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    held = warehouse.execute(
        "select observation_id from marts.fct_observation where area_code = '131016' and is_latest "
        "qualify as_of_date = max(as_of_date) over (partition by item_id)"
    ).fetchall()
    shown = pages["area/131016.html"].rows
    assert held
    assert {f"o-{row[0]}" for row in held} <= set(shown)


def test_overview_and_history_end_with_the_scorecard(
    warehouse: duckdb.DuckDBPyConnection, written: Written, pages: dict[str, Page]
) -> None:
    statuses = dict(
        warehouse.execute(
            "select kpi_id, status from marts.kpi_verdict where scheme = 'default' and superseded_on is null"
        ).fetchall()
    )
    listed = {
        given["data-kpi"]: given["data-status"]
        for _, given in pages["index.html"].elements
        if "data-kpi" in given
    }
    assert listed == statuses
    history = read_script(written.folder / "data/history.js")
    assert {kpi: states[-1][1] for kpi, states in history["kpis"].items()} == statuses
    words = wording().statuses
    for measure, status in warehouse.execute("select measure_id, status from marts.kpi_scorecard").fetchall():
        assert words[status][0] in history["shown"][history["measures"][measure][-1][1]]


def test_arithmetic_is_the_marts(warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]) -> None:
    progress, elapsed, pace = warehouse.execute(
        "select progress, elapsed, pace from marts.kpi_scorecard where measure_id = 'cloud_municipalities'"
    ).fetchone() or (None, None, None)
    shown = {
        given["data-v"]
        for tag, given in pages["kpi/cloud_municipalities.html"].elements
        if tag == "b" and "data-v" in given
    }
    assert {str(progress), str(elapsed), str(pace)} <= shown


def card_of(page: Page, item: str) -> str:
    text = page.path.read_text(encoding="utf-8")
    return text[text.index(f'id="{item}"') :].split("</article>")[0]


def test_no_place_is_told_of_an_earlier_year_than_the_figure(pages: dict[str, Page]) -> None:
    card = card_of(pages[f"area/{SHINJUKU}.html"], "asset_depreciation_rate")
    assert "算定されない" in card
    assert "数値のある最後の時点" in card
    assert "2022年度末" in card
    assert "番目" not in card
    assert 'class="me"' not in card
    assert 'class="band"' not in card or "図の中央値と四分位の区分" in card


def test_body_whose_type_is_too_small_stands_among_its_kind(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    (rank,) = warehouse.execute(
        "select rank from marts.peer_comparison where item_id = 'asset_depreciation_rate' and fiscal_year = 2023 "
        "and area_code = ? and peer_scheme = 'area_type'",
        [SHIMANE],
    ).fetchone() or (None,)
    card = card_of(pages[f"area/{SHIMANE}.html"], "asset_depreciation_rate")
    assert f"大きい方から{rank}番目（数値のある47団体中）" in card
    assert 'class="me"' in card


def test_place_among_peers_is_the_marts(warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]) -> None:
    row = warehouse.execute(
        "select median, rank, group_size from marts.peer_comparison where area_code = '131016' "
        "and item_id = 'asset_depreciation_rate' and peer_scheme in ('similar_bodies', 'area_type') "
        "order by as_of_date desc, peer_scheme desc limit 1"
    ).fetchone()
    assert row is not None
    card = card_of(pages["area/131016.html"], "asset_depreciation_rate")
    assert f'data-v="{row[0]}"' in card
    assert f"大きい方から{row[1]}番目（数値のある{row[2]}団体中）" in card


def pairs_of(spans: list[int]) -> list[tuple[int, int]]:
    """Return the first and last years of runs, which the data have in one list."""
    return list(zip(spans[::2], spans[1::2], strict=True))


def test_comparison_knows_the_years_of_prefectures_alone(
    warehouse: duckdb.DuckDBPyConnection, written: Written
) -> None:
    found = warehouse.execute(
        "select item_id, fiscal_year from marts.fct_observation as figure "
        "join marts.dim_area_current as area using (area_code) "
        "where is_latest and body_scope = 'each_body' and value is not null "
        "group by all having bool_and(area.area_type = 'prefecture')"
    ).fetchall()
    listed = read_script(written.folder / "data/items.js")["items"]
    assert {
        (row["id"], year)
        for row in listed
        for first, last in pairs_of(row.get("no_municipality", []))
        for year in range(first, last + 1)
    } == set(found)


def test_data_of_the_comparison_is_the_marts(warehouse: duckdb.DuckDBPyConnection, written: Written) -> None:
    areas = read_script(written.folder / "data/areas.js")
    codes = re.findall(r"\d{6}", areas["codes"])
    assert len(codes) == len(areas["kinds"]) == len(areas["names"])
    item = next(
        row
        for row in read_script(written.folder / "data/items.js")["items"]
        if row["id"] == "asset_depreciation_rate"
    )
    year = item["years"][-1]
    data = read_script(written.folder / f"data/item/asset_depreciation_rate/{year}.js")
    held = warehouse.execute(
        "select area_code, value, value_status from marts.fct_observation where item_id = 'asset_depreciation_rate' "
        "and fiscal_year = ? and is_latest and body_scope = 'each_body' and as_of_date = ?",
        [year, data["day"]],
    ).fetchall()
    known = {code: status if value is None else value for code, value, status in held}
    assert len(data["values"]) == len(codes)
    for code, value in zip(codes, data["values"], strict=True):
        expected = known.get(code)
        assert value == (float(expected) if isinstance(expected, Decimal) else expected)


def section_of(page: Page) -> str:
    text = page.path.read_text(encoding="utf-8")
    return text[text.index('aria-labelledby="register"') :].split("</section>")[0]


def test_the_newest_register_of_a_body_is_told_as_the_marts_have_it(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    section = section_of(pages[f"area/{SAPPORO}.html"])
    assert "2017年度末の台帳" in section
    assert "2016" not in section
    assert '水道</span><span lang="en">water</span> <span lang="ja">2018年度末' in section
    rates = warehouse.execute(
        "select breakdown, depreciation_rate, depreciating_line_count from marts.register_rate "
        "where area_code = ? and fiscal_year = 2017 and depreciating_line_count > 0 and breakdown_value <> 'goods/goods'",
        [SAPPORO],
    ).fetchall()
    assert {row[0] for row in rates} == {
        "total",
        "account_group",
        "account",
        "facility_type",
        "department",
        "acquisition_decade",
    }
    classes = section.split('id="t-register-drivers"')[0]
    shown = re.findall(r"<td>([\d.]+)%<td>[^\n]*<td>([\d,]+)\n", classes)
    assert sorted(shown) == sorted(
        (f"{rate:.1f}", str(lines)) for kind, rate, lines in rates if kind != "total"
    )
    total = next(rate for kind, rate, _ in rates if kind == "total")
    assert f'data-v="{total.normalize()}">{total:.1f}%' in section
    assert "物品を除くと一致します" in section
    assert '+<span lang="ja">5.3ポイント' in section


def test_assets_renewal_findings_and_file_of_a_register_are_told(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page]
) -> None:
    section = section_of(pages[f"area/{SAPPORO}.html"])

    def held(query: str) -> list[tuple[object, ...]]:
        return warehouse.execute(f"{query} and area_code = '{SAPPORO}' and fiscal_year = 2017").fetchall()

    drivers = held("select row_no from marts.register_driver where place <= 10")
    assert re.findall(r"<td>(\d+)\n", section.split('id="t-register-drivers"')[1].split("</table>")[0]) == [
        str(row[0]) for row in drivers
    ]
    years = held(
        "select renewal_cost / 100000000 from marts.register_renewal where breakdown = 'total' and renewal_fiscal_year > 0"
    )
    cells = re.findall(r"<td>([\d.,]+)", section.split('id="t-register-renewal"')[1].split("</table>")[0])
    assert sorted(cells) == sorted(f"{row[0]:,.2f}" for row in years)
    assert 'class="due"' in section
    findings = held(
        "select label_ja, finding_count from marts.register_finding join marts.dim_register_rule using (rule) where finding_no = 1"
    )
    assert findings
    for label, count in findings:
        assert re.search(f'{label}</span>.*?<b><span lang="ja">{count}件', section)
    assert "462012_固定資産台帳_平成29年度.csv" in section
    assert "団体自身の数値" in section


def test_a_body_without_a_register_says_nothing_of_one(pages: dict[str, Page]) -> None:
    assert [name for name, page in pages.items() if "register" in page.ids] == [f"area/{SAPPORO}.html"]


def test_a_name_that_is_markup_stays_text(written: Written, pages: dict[str, Page]) -> None:
    shown = 0
    for page in pages.values():
        text = page.path.read_text(encoding="utf-8")
        assert EVIL not in text
        assert "alert(&#34;x&#34;)" in text or "alert" not in text
        shown += "alert" in text
        assert all(
            given.get("src", "").startswith(("static/", "../static/", "data/"))
            for tag, given in page.elements
            if tag == "script"
        )
    assert shown >= 3


def test_no_page_has_a_script_or_handler_of_its_own(pages: dict[str, Page]) -> None:
    for page in pages.values():
        for tag, given in page.elements:
            assert not any(name.startswith("on") for name in given)
            assert tag != "script" or "src" in given


def test_what_stands_beside_is_linked_only_where_it_is(pages: dict[str, Page]) -> None:
    assert ("a", "feed.atom") in pages["index.html"].addresses()
    assert ("a", f"../api/v1/area/{SAPPORO}.json") in pages[f"area/{SAPPORO}.html"].addresses()
    assert not any("api/v1/area" in address for _, address in pages["area/131016.html"].addresses())


def test_first_view_is_small(written: Written, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        loaded = {
            (page.path.parent / address).resolve()
            for tag, address in page.addresses()
            if tag in ("script", "link") and not address.startswith("data:")
        }
        loaded = {path for path in loaded if path.suffix in (".css", ".js")}
        assert page.path.stat().st_size + sum(path.stat().st_size for path in loaded) < 200_000, name


def test_every_check_is_told_and_every_defect_is_in_the_report_of_its_publisher(
    warehouse: duckdb.DuckDBPyConnection, pages: dict[str, Page], home: Path
) -> None:
    rows = warehouse.execute("select defect_id, split_part(source_id, '__', 1) from meta.defect").fetchall()
    shown = {
        (row.removeprefix("d-"), name.removeprefix("defects/").removesuffix(".html"))
        for name, page in pages.items() if name.startswith("defects/") for row in page.ids if row.startswith("d-")
    }  # fmt: skip
    assert shown == set(rows)
    gate = read_gates(Home(home))[-1]
    words = pages["quality.html"].path.read_text(encoding="utf-8")
    assert all(outcome["label_ja"] in words for outcome in gate["outcomes"])
    failed = {f"check-{outcome['suite']}" for outcome in gate["outcomes"] if not outcome["success"]}
    assert failed
    assert {name for name in pages["quality.html"].ids if name.startswith("check-")} == failed


def test_a_new_site_takes_the_place_of_the_old_one_and_of_nothing_else(
    warehouse: duckdb.DuckDBPyConnection, written: Written, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    write_site(warehouse, folder, wording())
    (folder / "area" / "999999.html").write_text("old", encoding="utf-8")
    write_site(warehouse, folder, wording())
    assert not (folder / "area" / "999999.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]
    other = tmp_path / "letters"
    other.mkdir()
    (other / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NotOurFolderError):
        write_site(warehouse, other, wording())
    assert (other / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_two_writings_of_one_warehouse_are_the_same(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    made = [write_site(warehouse, tmp_path / name, wording()).folder for name in ("one", "two")]
    names = [
        sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()) for folder in made
    ]
    assert names[0] == names[1]
    for name in names[0]:
        assert (made[0] / name).read_bytes() == (made[1] / name).read_bytes(), name


def test_command_writes_into_the_home_and_refuses_what_is_not_its_own(
    mieruka: Mieruka, home: Path, tmp_path: Path
) -> None:
    result = mieruka("report", "--offline")
    assert result.returncode == 0, result.stderr
    assert (home / "reports/site/index.html").is_file()
    assert str(home / "reports/site/index.html") in result.stdout
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    refused = mieruka("report", "--to", str(tmp_path))
    assert refused.returncode == 2
    assert str(tmp_path) in refused.stderr
    wrong = mieruka("report", "--contact", "javascript:alert(1)")
    assert wrong.returncode == 2
    assert len(wrong.stderr.strip().splitlines()) == 1
