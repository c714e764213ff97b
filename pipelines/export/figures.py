"""The figures as people read them: names beside codes, newest vintage only. Joins and words; nothing is computed."""

from __future__ import annotations

from pipelines.publish.datapackage import Column
from pipelines.publish.described import DescribedColumn, DescribedTable
from pipelines.publish.dictionary import described_tables

NAME = "figures"
_TITLE_JA = "数値一覧（最新の版。名称・単位・値のない理由・出典つき）"
_TITLE_EN = "Figures with names, units, reasons of blanks and citations; newest vintage"
_KEY = ("observation_id",)
# The tables that its columns come from; of a name in several the first.
_COLUMNS_OF = (
    "marts.fct_observation",
    "marts.dim_observation_status",
    "marts.dim_series",
    "marts.observation_latest",
)

QUERY = """
select
    figure.area_code,
    prefecture.name_ja as prefecture_ja,
    area.name_ja as area_name_ja,
    figure.item_id,
    item.name_ja as item_name_ja,
    figure.fiscal_year,
    figure.as_of_date,
    figure.date_precision,
    figure.value,
    figure.unit,
    status.value_status_ja,
    status.observation_status_ja,
    figure.value_status,
    figure.observation_status,
    figure.obs_status,
    figure.body_scope,
    figure.statistic,
    figure.series_id,
    series.definition_ja,
    figure.source_id,
    figure.citation_publisher_ja,
    figure.citation_title_ja,
    figure.citation_url,
    figure.sheet,
    figure.cell,
    figure.note_ja,
    figure.observation_id
from marts.fct_observation as figure
left join marts.dim_item as item using (item_id)
left join marts.dim_series as series using (series_id)
left join marts.dim_area_current as area on figure.area_code = area.area_code
left join marts.dim_area_current as prefecture on area.prefecture_code = prefecture.area_code
left join marts.dim_observation_status as status using (value_status, observation_status)
where figure.is_latest
"""
ORDER = "area_code, item_id, series_id, as_of_date, observation_id"

# No table has a column of this name.
_PREFECTURE = {"prefecture_ja": ("都道府県の名称", "Name of the prefecture")}


def described(columns: list[Column]) -> DescribedTable:
    """Return what the list means: its columns (name, DuckDB type, -) in the words of the tables that they come from."""
    tables = described_tables()
    words = dict(_PREFECTURE)
    for name in _COLUMNS_OF:
        if table := tables.get(name):
            words |= {
                column.name: (column.ja, column.en) for column in table.columns if column.name not in words
            }
    return DescribedTable(
        NAME,
        _TITLE_JA,
        _TITLE_EN,
        _KEY,
        tuple(DescribedColumn(name, kind, *words.get(name, ("", ""))) for name, kind, _ in columns),
    )
