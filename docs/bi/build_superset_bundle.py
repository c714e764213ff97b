"""Write the import bundle for Apache Superset: a database, datasets on the flat views, charts and one dashboard.

    .venv/bin/python docs/bi/build_superset_bundle.py mieruka-superset.zip --database /path/to/published/mieruka.duckdb

Columns and their descriptions come from `dbt_project/models/marts/bi.yml`; ids never change, so that a new bundle takes
the place of an old one (with `--renew`).
"""

from __future__ import annotations

import argparse
import json
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipelines.publish.described import DescribedTable
from pipelines.publish.dictionary import described_tables

DATABASE = "Mieruka"
_ROOT_FOLDER = "mieruka_superset"
_NAMESPACE = uuid.UUID("6f1c8a52-5a0e-4c39-9d0e-6d6965727562")
_WHEN_WRITTEN = (2026, 1, 1, 0, 0, 0)

Record = dict[str, Any]
# Columns of tables that are shown with six digits, and those that need room (pixels).
_RATIOS = ("progress", "pace", "required_per_year", "actual_per_year", "path_value", "gap_to_median")
_WIDTHS = {
    "measure_name_ja": 230, "reason_ja": 230, "title_ja": 260, "citation_title_ja": 260, "citation_url": 260,
    "freshness_basis_ja": 130, "item_name_ja": 160, "publisher_ja": 130, "status_ja": 120, "initiatives": 60, "grade": 60,
    "unit": 60, "rank": 60,
}  # fmt: skip


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def _shown(column: str, label: str, one: str) -> Record:
    """Return the metric that shows a column of the one measure or item chosen; of several, which may not be mixed, nothing.

    Each point is then one row, so that its mean is the row's own value.
    """
    return {
        "expressionType": "SQL", "sqlExpression": f"case when count(distinct {one}) = 1 then avg({column}) end", "label": label, "hasCustomLabel": True,
        "optionName": f"metric_{column}",
    }  # fmt: skip


def _count(label: str) -> Record:
    return {
        "expressionType": "SQL", "sqlExpression": "count(*)", "label": label, "hasCustomLabel": True, "optionName": "metric_rows",
    }  # fmt: skip


def _where_known(column: str) -> Record:
    return {
        "expressionType": "SIMPLE", "clause": "WHERE", "subject": column, "operator": "IS NOT NULL", "operatorId": "IS_NOT_NULL",
        "comparator": None, "filterOptionName": f"filter_known_{column}",
    }  # fmt: skip


def _where(column: str, value: str | bool) -> Record:
    return {
        "expressionType": "SIMPLE", "clause": "WHERE", "subject": column, "operator": "==", "operatorId": "EQUALS",
        "comparator": value, "filterOptionName": f"filter_{column}",
    }  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """One chart: its dataset, how it is drawn (`params`), and what it asks for (`query`)."""

    name: str
    view: str
    kind: str
    query: Record
    params: Record
    filters: list[Record] = field(default_factory=list)
    width: int = 12
    height: int = 50
    note: str = ""


def _table(name: str, view: str, columns: list[str], order: list[tuple[str, bool]], **more: Any) -> Chart:
    orders = [list(entry) for entry in order]
    return Chart(
        name, view, "table",
        {"columns": columns, "orderby": orders, "row_limit": 1000},
        {
            "query_mode": "raw", "all_columns": columns, "order_by_cols": [json.dumps(entry) for entry in orders],
            "server_pagination": False, "row_limit": 1000, "table_timestamp_format": "%Y-%m-%d", "include_search": True,
            "allow_render_html": False, "show_cell_bars": False,
            "column_config": {
                column: {"d3NumberFormat": ",.6~r" if column in _RATIOS else ",.12~r", "columnWidth": _WIDTHS.get(column, 90)}
                for column in columns
            },
        },
        **more,
    )  # fmt: skip


def charts() -> list[Chart]:
    """Return the charts in the order in which they stand on the dashboard."""
    nation = _where("area_code", "000000")
    drawn = {
        "value": "数値", "path_value": "計画の線", "projection_line": "推計", "band_low": "推計の幅（下）",
        "band_high": "推計の幅（上）",
    }  # fmt: skip
    lines = [_shown(column, label, "measure_id") for column, label in drawn.items()]
    value = _shown("value", "値", "item_id")
    peers = [_where("peer_scheme", "area_type"), _where("is_newest", value=True)]
    prefectures = [*peers, _where("area_type", "prefecture")]
    return [
        Chart(
            "判定の内訳（指標の数）", "bi_scorecard", "pie",
            {"columns": ["grade_ja"], "metrics": [_count("指標の数")], "orderby": [], "row_limit": 100},
            {
                "groupby": ["grade_ja"], "metric": _count("指標の数"), "row_limit": 100, "label_type": "key_value",
                "show_labels": True, "show_legend": False, "sort_by_metric": True, "donut": True, "outerRadius": 45,
                "labels_outside": True, "label_line": True,
            },
            width=4,
        ),
        _table(
            "公表物の鮮度", "bi_freshness",
            ["title_ja", "publisher_ja", "newest_date", "freshness_ja", "expected_on", "overdue_on", "freshness_basis_ja"],
            [("overdue_on", True)], filters=[_where("kind", "publication")], width=8,
        ),
        _table(
            "成績表", "bi_scorecard",
            [
                "initiatives", "measure_name_ja", "status_ja", "grade", "latest_value", "unit", "latest_as_of_date",
                "target_value", "target_date", "path_value", "required_per_year", "actual_per_year", "reason_ja",
                "citation_title_ja",
            ],
            [("display_order", True)], height=70,
        ),
        Chart(
            "指標の推移と計画の線", "bi_kpi_timeline", "echarts_timeseries_line",
            {
                "columns": [
                    {"columnType": "BASE_AXIS", "expressionType": "SQL", "label": "date", "sqlExpression": "date"}
                ],
                "metrics": lines, "orderby": [], "row_limit": 10000,
            },
            {
                "x_axis": "date", "metrics": lines, "groupby": [], "row_limit": 10000, "markerEnabled": True, "markerSize": 8,
                "connectNulls": True, "show_legend": True, "rich_tooltip": True, "x_axis_time_format": "%Y-%m-%d",
                "y_axis_format": "SMART_NUMBER", "truncateYAxis": False,
            },
            filters=[nation, _where_known("date")], height=56,
            note="国の数値。計画の線は基準値から目標値まで、期限の後は目標値のまま。点のない時点の数値は補っていない。",
        ),
        _table(
            "その数値と出典", "bi_kpi_timeline",
            [
                "date", "point_ja", "value", "value_reason_ja", "unit", "path_value", "status_ja", "required_per_year",
                "actual_per_year", "citation_publisher_ja", "citation_title_ja", "citation_url",
            ],
            [("date", True)], filters=[nation], height=40,
        ),
        Chart(
            "団体の種類ごとの分布", "bi_peers", "box_plot",
            {
                "columns": ["area_code", "peer_group_ja"], "metrics": [value], "orderby": [],
                "series_columns": ["peer_group_ja"], "row_limit": 5000,
                "post_processing": [
                    {
                        "operation": "boxplot",
                        "options": {
                            "whisker_type": "percentile", "percentiles": [10, 90], "groupby": ["peer_group_ja"],
                            "metrics": ["値"],
                        },
                    }
                ],
            },
            {
                "columns": ["area_code"], "groupby": ["peer_group_ja"], "metrics": [value], "row_limit": 5000,
                "whiskerOptions": "10/90 percentiles", "x_ticks_layout": "45°", "number_format": "SMART_NUMBER",
            },
            filters=peers, width=12,
            note="最新の時点。箱は四分位、ひげは10％と90％。比較は位置であって評価ではない。",
        ),
        Chart(
            "都道府県の地図", "bi_peers", "country_map",
            {"columns": ["prefecture_iso"], "metrics": [value], "orderby": [], "row_limit": 100},
            {
                "entity": "prefecture_iso", "metric": value, "select_country": "japan",
                "linear_color_scheme": "superset_seq_1", "number_format": "SMART_NUMBER", "row_limit": 100,
            },
            filters=prefectures, width=6, height=60,
        ),
        _table(
            "都道府県の順位（大きい順。評価ではない）", "bi_peers",
            ["rank", "prefecture_name_ja", "value", "unit", "median", "gap_to_median", "fiscal_year", "item_name_ja"],
            [("rank", True)], filters=prefectures, width=6, height=60,
        ),
    ]  # fmt: skip


def _views() -> list[DescribedTable]:
    return [table for name, table in described_tables().items() if name.startswith("marts.bi_")]


def database_file(path: str) -> Record:
    """Return the database: the published file, opened read-only and without access to other files."""
    options = {"read_only": True, "config": {"enable_external_access": "false"}}
    return {
        "database_name": DATABASE, "sqlalchemy_uri": f"duckdb:///{path}", "cache_timeout": 0, "expose_in_sqllab": True,
        "allow_run_async": False, "allow_ctas": False, "allow_cvas": False, "allow_dml": False, "allow_file_upload": False,
        "extra": {"engine_params": {"connect_args": options}, "allows_virtual_table_explore": True},
        "uuid": _id("database"), "version": "1.0.0",
    }  # fmt: skip


def dataset_file(view: DescribedTable) -> Record:
    """Return a dataset on a flat view, with the description of each column in Japanese."""
    dates = [column.name for column in view.columns if column.data_type == "date"]
    return {
        "table_name": view.name, "schema": "marts", "catalog": None, "description": view.ja,
        "main_dttm_col": "date" if "date" in dates else next(iter(dates), None), "sql": None, "params": None, "extra": None,
        "filter_select_enabled": True, "cache_timeout": None, "uuid": _id(view.name), "database_uuid": _id("database"),
        "version": "1.0.0", "always_filter_main_dttm": False, "normalize_columns": False,
        "metrics": [
            {"metric_name": "count", "verbose_name": "行の数", "metric_type": "count", "expression": "count(*)", "description": None}
        ],
        "columns": [
            {
                "column_name": column.name, "verbose_name": _short(column.ja), "type": column.data_type.upper(),
                "description": column.ja, "is_dttm": column.data_type == "date", "is_active": True,
                "groupby": True, "filterable": True, "expression": None, "python_date_format": None,
            }
            for column in view.columns
        ],
    }  # fmt: skip


def _short(description: str) -> str:
    """Return the name of a column out of its description: what stands before the first explanation."""
    for mark in "（。：":
        description = description.split(mark)[0]
    return description


def chart_file(chart: Chart) -> Record:
    """Return a chart with the query that its saved form asks."""
    simple = [
        {"col": entry["subject"], "op": entry["operator"], "val": entry["comparator"]}
        for entry in chart.filters
    ]
    params = {
        **chart.params,
        "viz_type": chart.kind,
        "adhoc_filters": chart.filters,
        "time_range": "No filter",
    }
    query = {
        **chart.query,
        "filters": simple,
        "time_range": "No filter",
        "extras": {"having": "", "where": ""},
    }
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": params,
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": chart.name, "description": chart.note or None, "viz_type": chart.kind, "params": params,
        "query_context": json.dumps(context, ensure_ascii=False), "cache_timeout": None, "certified_by": None,
        "certification_details": None, "uuid": _id(f"chart {chart.name}"), "version": "1.0.0",
        "dataset_uuid": _id(chart.view),
    }  # fmt: skip


_HEAD = """### 見える化: 経済・財政再生計画 改革工程表の進捗

判定は倉庫（`marts`）で計算したものをそのまま示す。値のない欄には理由の列があり、数値ごとに出典（題名・URL）がある。
左の「指標」と「項目」で表示を切り替える。数値は各公表主体のもの（利用条件は出典による）、編集は CC BY 4.0。
"""


def _rows(entries: list[Chart]) -> list[list[tuple[int, Chart]]]:
    """Return the charts, with their numbers from 1 on, in rows of at most twelve columns."""
    rows: list[list[tuple[int, Chart]]] = [[]]
    for number, chart in enumerate(entries, start=1):
        if sum(other.width for _, other in rows[-1]) + chart.width > 12:
            rows.append([])
        rows[-1].append((number, chart))
    return rows


def _position(entries: list[Chart]) -> Record:
    grid: list[str] = ["ROW-head"]
    position: Record = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": "改革工程表の進捗（見える化）"}},
        "ROW-head": _box("ROW-head", "ROW", ["MARKDOWN-head"], {"background": "BACKGROUND_TRANSPARENT"}),
        "MARKDOWN-head": {
            **_box("MARKDOWN-head", "MARKDOWN", [], {"width": 12, "height": 18, "code": _HEAD}),
            "parents": ["ROOT_ID", "GRID_ID", "ROW-head"],
        },
    }
    for row in _rows(entries):
        name = f"ROW-{row[0][0]}"
        grid.append(name)
        position[name] = _box(
            name, "ROW", [f"CHART-{number}" for number, _ in row], {"background": "BACKGROUND_TRANSPARENT"}
        )
        for number, chart in row:
            meta = {
                "chartId": number, "width": chart.width, "height": chart.height, "sliceName": chart.name,
                "uuid": _id(f"chart {chart.name}"),
            }  # fmt: skip
            position[f"CHART-{number}"] = {
                **_box(f"CHART-{number}", "CHART", [], meta),
                "parents": ["ROOT_ID", "GRID_ID", name],
            }
    position["GRID_ID"] = _box("GRID_ID", "GRID", grid, {})
    return position


def _box(name: str, kind: str, children: list[str], meta: Record) -> Record:
    return {
        "type": kind,
        "id": name,
        "children": children,
        "parents": ["ROOT_ID", "GRID_ID"] if kind != "GRID" else ["ROOT_ID"],
        "meta": meta,
    }


def _filter(name: str, view: str, column: str, value: str, shown_on: list[int], others: list[int]) -> Record:
    """Return a filter of the dashboard on one column: one value at a time, and one from the beginning."""
    return {
        "id": f"NATIVE_FILTER-{column}", "name": name, "type": "NATIVE_FILTER", "filterType": "filter_select",
        "targets": [{"column": {"name": column}, "datasetUuid": _id(view)}],
        "controlValues": {
            "enableEmptyFilter": True, "defaultToFirstItem": False, "multiSelect": False, "searchAllOptions": True,
            "inverseSelection": False,
        },
        "defaultDataMask": {
            "extraFormData": {"filters": [{"col": column, "op": "IN", "val": [value]}]},
            "filterState": {"value": [value], "label": value},
        },
        "cascadeParentIds": [], "scope": {"rootPath": ["ROOT_ID"], "excluded": others}, "chartsInScope": shown_on,
        "tabsInScope": [], "description": "",
    }  # fmt: skip


def dashboard_file() -> Record:
    """Return the dashboard with its layout and its two filters."""
    entries = charts()
    of = {
        view: [number for number, chart in enumerate(entries, start=1) if chart.view == view]
        for view in ("bi_kpi_timeline", "bi_peers")
    }
    every = range(1, len(entries) + 1)

    def others(view: str) -> list[int]:
        return [number for number in every if number not in of[view]]

    timeline, peers = "bi_kpi_timeline", "bi_peers"
    return {
        "dashboard_title": "改革工程表の進捗（見える化）", "description": "指標の判定・推移・類似団体との比較・鮮度",
        "css": "", "slug": "mieruka", "certified_by": None, "certification_details": None, "published": True,
        "uuid": _id("dashboard"), "version": "1.0.0", "position": _position(entries),
        "metadata": {
            "native_filter_configuration": [
                _filter("指標", timeline, "measure_name_ja", "クラウド導入市区町村数", of[timeline], others(timeline)),
                _filter("項目", peers, "item_name_ja", "財政力指数", of[peers], others(peers)),
            ],
            "cross_filters_enabled": False, "refresh_frequency": 0, "color_scheme": "", "label_colors": {},
            "expanded_slices": {}, "timed_refresh_immune_slices": [],
        },
    }  # fmt: skip


def files(database: str, kind: str) -> dict[str, Record]:
    """Return every file of the bundle by its path; `kind` is `Dashboard` for a first import, `assets` to renew one."""
    made: dict[str, Record] = {
        "metadata.yaml": {"version": "1.0.0", "type": kind, "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": database_file(database),
        "dashboards/mieruka.yaml": dashboard_file(),
    }
    made |= {f"datasets/{DATABASE}/{view.name}.yaml": dataset_file(view) for view in _views()}
    made |= {
        f"charts/chart_{number}.yaml": chart_file(chart) for number, chart in enumerate(charts(), start=1)
    }
    return made


def write_bundle(target: Path, database: str, kind: str = "Dashboard") -> None:
    """Write the zip; the same content gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in sorted(files(database, kind).items()):
            text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
            bundle.writestr(zipfile.ZipInfo(f"{_ROOT_FOLDER}/{name}", _WHEN_WRITTEN), text)


def main() -> None:
    """Write the bundle that the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path, help="the zip file to write")
    parser.add_argument(
        "--database",
        required=True,
        metavar="FILE",
        help="published/mieruka.duckdb as Superset's machine sees it",
    )
    parser.add_argument(
        "--renew",
        action="store_true",
        help="a bundle for POST /api/v1/assets/import/, which replaces charts and datasets too (importing a dashboard does not)",
    )
    arguments = parser.parse_args()
    path = Path(arguments.database)
    if not path.is_absolute():
        parser.error("--database takes an absolute path")
    write_bundle(arguments.target, str(path), "assets" if arguments.renew else "Dashboard")


if __name__ == "__main__":
    main()
