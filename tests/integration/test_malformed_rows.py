"""One broken row in a real file: that row is refused with its address, all others land."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
import pytest

from pipelines.acquire.fetch import acquire
from pipelines.catalog.loader import Catalog
from pipelines.extract.table import ROW
from pipelines.land.source import LandedTable, SourceLanding
from pipelines.settings import Home

CITED = "mieruka__cited_figures"
INDICATORS = "soumu__public_accounting_indicators"
AREAS = "soumu__area_codes"
ROADMAP = "cao__reform_roadmap_2017"

# What differs between two landings of the same rows.
OF_THE_FILE = ["snapshot_sha256", "retrieved_at"]


@dataclass(frozen=True)
class Break:
    """One cell of one row made wrong, and how that should be reported."""

    source: str
    table: str
    row: int
    column: str
    text: str
    rule: str
    ja: str
    en: str
    at: str | None = None
    found: str | None = "as written"

    def __str__(self) -> str:
        return f"{self.table}-{self.row}-{self.column}-{self.rule}"


BREAKS = [
    # figures.csv, row 2: 550 municipalities on 2014-04-01, from a document of 2017-12-21
    Break(CITED, "figures", 2, "area_code", "434443", "not_area_code", "検査数字", "check digit"),
    Break(CITED, "figures", 2, "unit", "円", "wrong_unit", "団体", "団体"),
    Break(CITED, "figures", 2, "unit", "ドル", "allowed", "団体、市町村", "団体、市町村"),
    Break(CITED, "figures", 2, "value", "五百五十", "not_decimal", "数を一つだけ", "one number only"),
    Break(CITED, "figures", 2, "value", "550団体", "not_decimal", "数を一つだけ", "one number only"),
    Break(CITED, "figures", 2, "value", "550²", "not_decimal", "数を一つだけ", "one number only"),
    Break(CITED, "figures", 2, "value", "", "value_iff_reported", "reported", "reported", "value", None),
    Break(CITED, "figures", 2, "as_of", "2014年4月31日", "not_date_expression", "実在する", "real point in time"),
    Break(CITED, "figures", 2, "as_of", "2018年1月1日", "published_before_as_of", "公表日", "published", "value", "550"),
    Break(CITED, "figures", 2, "as_of", "2098年度末", "measured_in_the_future", "未来", "still to come", "value", "550"),
    Break(CITED, "figures", 2, "as_of", "", "only_measured_enters", "時点のない", "undated", "value", "550"),
    Break(CITED, "figures", 2, "document_id", "no_such", "reference", "documents.document_id", "documents.document_id"),
    Break(CITED, "figures", 2, "series_id", "no_such", "reference", "series.series_id", "series.series_id"),
    Break(CITED, "figures", 2, "item_id", "no_such", "reference", "items", "items"),
    Break(CITED, "figures", 2, "date_basis", "", "required", "必ず書く", "must not be blank", None, None),
    Break(CITED, "figures", 2, "exclusion_reason", "companion", "excluded_with_reason", "exclusion_reason", "exclusion_reason", "value", "550"),
    # row 5: 14.2 % = 247 / 1742
    Break(CITED, "figures", 5, "value", "15.2", "share_as_printed", "分子÷分母", "numerator / denominator", "value"),
    Break(CITED, "figures", 5, "numerator", "1743", "share_within_whole", "分子は分母以下", "must not exceed", "value", "14.2"),
    Break(CITED, "figures", 5, "numerator", "-1", "minimum", "0 以上", "at least 0"),
    Break(INDICATORS, "prefectures", 2, "団体コード", "010007", "not_area_code", "検査数字", "check digit"),
    Break(INDICATORS, "prefectures", 2, "年度", "昨年度", "not_fiscal_year", "令和5年度", "令和5年度"),
    Break(INDICATORS, "prefectures", 2, "年度", "9999年度", "not_fiscal_year", "令和5年度", "令和5年度"),
    Break(INDICATORS, "prefectures", 48, "有形固定資産減価償却率（％）", "100.1", "maximum", "100 以下", "at most 100"),
    Break(INDICATORS, "prefectures", 48, "有形固定資産減価償却率（％）", "-0.1", "minimum", "0 以上", "at least 0"),
    Break(INDICATORS, "prefectures", 48, "業務・投資活動収支（百万円）", "－", "not_decimal", "数を一つだけ", "one number only"),
    Break(INDICATORS, "special_wards", 3, "団体名", " ", "required", "必ず書く", "must not be blank", None, None),
    Break(INDICATORS, "designated_cities", 3, "住民一人当たり行政コスト（万円）", "1,23", "not_decimal", "数を一つだけ", "one number only"),
    Break(AREAS, "areas", 92, "area_code", "131013", "not_area_code", "検査数字", "check digit"),
    Break(AREAS, "areas", 92, "valid_from", "2018-02-30", "not_date", "実在する日付", "real day"),
    Break(AREAS, "areas", 92, "valid_to", "1900-01-01", "valid_in_order", "後にして", "must follow", "area_code", ...),
    Break(AREAS, "areas", 92, "area_type", "planet", "allowed", "prefecture", "prefecture"),
    Break(AREAS, "areas", 92, "citation_url", "ftp://x", "pattern", "https?", "https?"),
    Break(ROADMAP, "targets", 2, "target_text", "2016年13月時点", "not_date_expression", "実在する", "real point in time"),
    Break(ROADMAP, "targets", 2, "comparator", "", "level_with_comparator", "比較の向き", "comparator", "measure_id", ...),
    Break(ROADMAP, "targets", 2, "target_type", "none", "level_by_type", "level・change", "level, change", "measure_id", ...),
    Break(ROADMAP, "targets", 2, "baseline_value", "5", "printed_baseline_whole", "基準値", "baseline", "measure_id", ...),
    Break(ROADMAP, "targets", 2, "measure_id", "no_such", "reference", "measures.measure_id", "measures.measure_id"),
    Break(ROADMAP, "targets", 2, "is_primary", "はい", "not_boolean", "true か false", "true or false"),
    Break(ROADMAP, "milestones", 2, "ends_fiscal_year", "2014", "years_in_order", "始まりの年度以後", "must not precede", "initiative_no", ...),
    Break(ROADMAP, "milestones", 2, "starts_fiscal_year", "2008", "minimum", "2009 以上", "at least 2009"),
    Break(ROADMAP, "milestones", 2, "initiative_no", "16", "reference", "initiatives.initiative_no", "initiatives.initiative_no"),
]  # fmt: skip


@pytest.fixture(scope="module")
def clean(
    catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, LandedTable]]:
    """Return the landing of a source as it is in the repository, once a module."""
    done: dict[str, dict[str, LandedTable]] = {}

    def land(source_id: str) -> dict[str, LandedTable]:
        if source_id not in done:
            home = Home(tmp_path_factory.mktemp(source_id))
            home.create()
            source = catalog.sources[source_id]
            landed = SourceLanding(source, catalog, home).land(acquire(source, home)[0])
            done[source_id] = {table.name: table for table in landed}
        return done[source_id]

    return land


def rows_of(table: LandedTable) -> pl.DataFrame:
    return pl.read_parquet(table.path).drop(OF_THE_FILE, strict=False)


def assert_others_land(
    clean: dict[str, LandedTable], landed: dict[str, LandedTable], table: str, refused: set[int]
) -> None:
    """Assert that the table holds exactly its clean rows without the refused, and that no other table changed."""
    assert landed.keys() == clean.keys()
    for name in clean:
        expected = rows_of(clean[name])
        if name == table:
            assert refused <= set(expected[ROW])
            expected = expected.filter(~pl.col(ROW).is_in(list(refused)))
        else:
            assert landed[name].defects == []
        assert rows_of(landed[name]).equals(expected)


@pytest.mark.parametrize("broken", BREAKS, ids=str)
def test_broken_row_is_refused_alone_with_its_address(
    origin_of: Callable[..., object], clean: Callable[[str], dict[str, LandedTable]], broken: Break
) -> None:
    origin = origin_of(broken.source)
    file = origin.source.description.tables[broken.table].file
    old = origin.put(file, broken.row, broken.column, broken.text)
    assert old != broken.text
    landed = origin.land()

    defects = landed[broken.table].defects
    assert {(defect.row, defect.severity) for defect in defects} == {(broken.row, "error")}
    defect = next(defect for defect in defects if defect.rule == broken.rule)
    column = broken.at or broken.column
    assert (defect.source_id, defect.table, defect.file) == (broken.source, broken.table, file)
    assert (defect.column, defect.cell) == (column, f"{broken.row}:{column}")
    if broken.found is not ...:
        assert defect.found == (broken.text if broken.found == "as written" else broken.found)
    assert broken.ja in defect.expected_ja
    assert broken.en in defect.expected_en
    for language, where in (("ja", f"{broken.row}行 [{column}]"), ("en", f"row {broken.row} [{column}]")):
        assert defect.message(language).startswith(f"{file} {where}: ")

    assert_others_land(clean(broken.source), landed, broken.table, {broken.row})
    quarantine = origin.home.quarantine / broken.source / f"{broken.table}.json"
    assert json.loads(quarantine.read_text(encoding="utf-8"))["rows"] == {
        str(broken.row): origin.rows(file)[broken.row - 1]
    }


@pytest.mark.parametrize(
    ("source", "table", "row"),
    [(CITED, "figures", 2), (INDICATORS, "prefectures", 2), (AREAS, "areas", 92), (ROADMAP, "milestones", 2)],
)
def test_row_that_stands_twice_is_refused_at_both_places(
    origin_of: Callable[..., object],
    clean: Callable[[str], dict[str, LandedTable]],
    source: str,
    table: str,
    row: int,
) -> None:
    origin = origin_of(source)
    file = origin.source.description.tables[table].file
    rows = origin.rows(file)
    origin.write(file, [*rows, rows[row - 1]])
    landed = origin.land()
    assert [(defect.rule, defect.row) for defect in landed[table].defects] == [
        ("duplicate_key", row),
        ("duplicate_key", len(rows) + 1),
    ]
    assert all("一行だけ" in defect.expected_ja for defect in landed[table].defects)
    assert all("only one row" in defect.expected_en for defect in landed[table].defects)
    assert_others_land(clean(source), landed, table, {row})


@pytest.mark.parametrize("change", [lambda row: row[:-1], lambda row: [*row, "余分"]])
def test_row_of_another_width_is_refused_alone(
    origin_of: Callable[..., object],
    clean: Callable[[str], dict[str, LandedTable]],
    change: Callable[[list[str]], list[str]],
) -> None:
    origin = origin_of(INDICATORS)
    rows = origin.rows("prefectures.csv")
    rows[9] = change(rows[9])
    origin.write("prefectures.csv", rows)
    landed = origin.land()
    [defect] = landed["prefectures"].defects
    assert (defect.rule, defect.row, defect.found) == ("wrong_width", 10, str(len(rows[9])))
    assert defect.message("ja") == f"prefectures.csv 10行 [*]: 「{len(rows[9])}」。12個の欄が必要です"
    assert_others_land(clean(INDICATORS), landed, "prefectures", {10})


LEAVES = [(CITED, "figures", "value"), (INDICATORS, "prefectures", "団体名"), (AREAS, "areas", "name_ja"), (ROADMAP, "targets", "comparator")]  # fmt: skip


@pytest.mark.parametrize(("source", "table", "header"), LEAVES)
def test_unknown_header_refuses_the_file_and_names_the_nearest(
    origin_of: Callable[..., object], source: str, table: str, header: str
) -> None:
    origin = origin_of(source)
    file = origin.source.description.tables[table].file
    origin.put(file, 1, header, f"{header}X")
    landed = origin.land()
    unknown = next(defect for defect in landed[table].defects if defect.rule == "unknown_header")
    assert (unknown.file, unknown.row, unknown.column, unknown.found) == (file, 1, f"{header}X", f"{header}X")
    assert f"「{header}」" in unknown.expected_ja
    assert f"'{header}'" in unknown.expected_en
    assert landed[table].rows == 0
    assert all(other.rows > 0 and other.defects == [] for other in landed.values() if other.name != table)


@pytest.mark.parametrize(("source", "table", "header"), LEAVES)
def test_missing_column_refuses_the_file_and_names_the_column(
    origin_of: Callable[..., object], source: str, table: str, header: str
) -> None:
    origin = origin_of(source)
    file = origin.source.description.tables[table].file
    rows = origin.rows(file)
    index = rows[0].index(header)
    origin.write(file, [row[:index] + row[index + 1 :] for row in rows])
    landed = origin.land()
    [defect] = landed[table].defects
    assert (defect.rule, defect.file, defect.row, defect.column) == ("missing_header", file, 1, header)
    assert defect.message("ja") == f"{file} 1行 [{header}]: 空欄。見出し「{header}」の列が必要です"
    assert defect.message("en") == f"{file} row 1 [{header}]: blank. A column headed '{header}' is needed"
    assert landed[table].rows == 0


def test_refused_document_refuses_the_figures_that_cite_it_and_no_others(
    origin_of: Callable[..., object], clean: Callable[[str], dict[str, LandedTable]]
) -> None:
    origin = origin_of(CITED)
    rows = origin.rows("documents.csv")
    document = rows[1][0]
    origin.put("documents.csv", 2, "url", "not a url")
    figures = origin.rows("figures.csv")
    citing = {
        number
        for number, row in enumerate(figures, start=1)
        if row[figures[0].index("document_id")] == document
    }
    landed = origin.land()
    assert [(defect.rule, defect.row) for defect in landed["documents"].defects] == [("pattern", 2)]
    assert {(defect.rule, defect.row) for defect in landed["figures"].defects} == {
        ("reference", row) for row in citing
    }
    kept = rows_of(clean(CITED)["figures"]).filter(~pl.col(ROW).is_in(list(citing)))
    assert rows_of(landed["figures"]).equals(kept)


def test_several_broken_rows_are_each_reported(
    origin_of: Callable[..., object], clean: Callable[[str], dict[str, LandedTable]]
) -> None:
    origin = origin_of(INDICATORS)
    origin.put("prefectures.csv", 2, "団体コード", "010007")
    origin.put("prefectures.csv", 3, "純資産比率（％）", "100.5")
    origin.put("prefectures.csv", 4, "年度", "")
    landed = origin.land()
    assert {(defect.rule, defect.row) for defect in landed["prefectures"].defects} == {
        ("not_area_code", 2), ("maximum", 3), ("required", 4),
    }  # fmt: skip
    assert_others_land(clean(INDICATORS), landed, "prefectures", {2, 3, 4})


@pytest.mark.parametrize(
    "look",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode("cp932"),
        lambda text: ("総務省,,,,,,,,,,,\n\n" + text).encode(),
    ],
    ids=["bom", "cp932", "title above"],
)
def test_look_of_a_file_does_not_change_its_figures(
    origin_of: Callable[..., object],
    clean: Callable[[str], dict[str, LandedTable]],
    look: Callable[[str], bytes],
) -> None:
    origin = origin_of(INDICATORS)
    path = origin.path("prefectures.csv")
    path.write_bytes(look(path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")))
    landed = origin.land()["prefectures"]
    place = [ROW, "cell"]
    assert landed.defects == []
    assert rows_of(landed).drop(place).equals(rows_of(clean(INDICATORS)["prefectures"]).drop(place))
