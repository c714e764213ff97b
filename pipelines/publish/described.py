"""How a published table is described, and the descriptions of those that publication writes itself beside dbt's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class DescribedColumn:
    """One column with its type in DuckDB and its meaning in both languages.

    `unit` (in both languages) is given where the column has one of its own; of `is_never_blank` the gate sees to it.
    """

    name: str
    data_type: str
    ja: str
    en: str
    unit: tuple[str, str] | None = None
    is_never_blank: bool = False


@dataclass(frozen=True)
class DescribedTable:
    """One table or view, by its name without the schema."""

    name: str
    ja: str
    en: str
    key: tuple[str, ...]
    columns: tuple[DescribedColumn, ...]

    def column(self, name: str) -> DescribedColumn | None:
        """Return a column by its name in the warehouse, where `fy<YYYY>` is one column for each year."""
        written = re.sub(r"^fy\d{4}$", "fy<YYYY>", name)
        return next((column for column in self.columns if column.name == written), None)


def _columns(*columns: tuple[str, str, str, str]) -> tuple[DescribedColumn, ...]:
    return tuple(DescribedColumn(*column) for column in columns)


RUN = DescribedTable(
    "run", "実行の記録", "Runs", ("run_id",),
    _columns(
        ("run_id", "varchar", "実行の番号", "Id of the run"),
        ("started_at", "timestamp with time zone", "開始した時刻", "Time of the start"),
        ("finished_at", "timestamp with time zone", "終了した時刻", "Time of the end"),
        (
            "outcome", "varchar",
            "結果（published＝公開、unchanged＝変更なし、failed＝失敗、rolled_back＝前の版に戻した）",
            "Outcome (published, unchanged, failed or rolled_back)",
        ),
        ("sources_changed", "integer", "変わったデータ源の数", "Number of sources that changed"),
        ("figures_changed", "integer", "加わった、または変わった数値の数", "Number of figures that are new or changed"),
        ("version", "varchar", "この実行で公開した版", "Version that this run published"),
    ),
)  # fmt: skip

_SINCE = ("since_version", "varchar", "比べた相手の版", "Version it is compared with")

FIGURE_CHANGE = DescribedTable(
    "figure_change",
    "直前に公開されていた版から加わった・変わった・なくなった数値",
    "Figures added, revised and removed since the version published before",
    ("figure_key",),
    _columns(
        ("figure_key", "varchar", "数値の同一性（系列・団体・時点・種類・文書）", "Identity of the figure: series, area, day, kind, document"),
        _SINCE,
        ("change", "varchar", "変化（added＝追加、revised＝改定、removed＝削除）", "Change: added, revised or removed"),
        ("changed_columns", "varchar[]", "改定で変わった列", "Columns that a revision changed"),
        ("item_id", "varchar", "何を観測したか（項目）", "What was observed (item)"),
        ("series_id", "varchar", "系列（一つの定義による数値の並び）", "Series: figures of one definition"),
        ("area_code", "varchar", "全国地方公共団体コード（6桁、検査数字を含む。000000は国）", "6-digit area code with check digit; 000000 is Japan"),
        ("body_scope", "varchar", "対象とする団体の範囲", "Set of bodies that the figure covers"),
        ("statistic", "varchar", "統計の種類（件数・割合・中央値など）", "Kind of statistic"),
        ("as_of_date", "date", "数値が表す日", "Day that the figure describes"),
        ("unit", "varchar", "単位", "Unit"),
        ("old_value", "decimal(38,10)", "前の値", "Value before"),
        ("new_value", "decimal(38,10)", "今の値", "Value now"),
        ("old_value_status", "varchar", "前の値の有無", "Whether there was a value before, or why not"),
        ("new_value_status", "varchar", "今の値の有無", "Whether there is a value now, or why not"),
        ("old_observation_status", "varchar", "前の確報・速報の別", "Kind of figure before (final, preliminary and so on)"),
        ("new_observation_status", "varchar", "今の確報・速報の別", "Kind of figure now"),
        ("old_observation_id", "varchar", "前の数値の番号。その版の fct_observation のもの", "Id of the figure before; in that version’s fct_observation"),
        ("new_observation_id", "varchar", "今の数値の番号", "Id of the figure now"),
        ("enters_verdict", "boolean", "判定に入るか", "Whether it enters a verdict"),
        ("source_id", "varchar", "データ源", "Source"),
        ("old_snapshot_sha256", "varchar", "前の値を読んだファイルのSHA-256", "SHA-256 of the file that the value before was read from"),
        ("snapshot_sha256", "varchar", "読んだファイルのSHA-256。今の値（なくなったものは前の値）のファイル", "SHA-256 of the file it was read from; that of the value now, or of the value before where it was removed"),
        ("sheet", "varchar", "シートまたはファイル", "Sheet or file"),
        ("cell", "varchar", "セル（行:欄）", "Cell (row:field)"),
        ("raw_text", "varchar", "読んだままの文字", "Text as read"),
        ("citation_url", "varchar", "引用元のURL", "URL of the document cited"),
        ("citation_title_ja", "varchar", "引用した文書の題名", "Title of the document cited"),
    ),
)  # fmt: skip

VERDICT_CHANGE = DescribedTable(
    "verdict_change",
    "直前に公開されていた版から変わった判定（方式 default、それぞれの判定日のもの）",
    "Verdicts changed since the version published before (scheme default, each on the day of its own run)",
    ("measure_id", "area_code", "target_version"),
    _columns(
        ("measure_id", "varchar", "指標の番号。一つのKPIに複数ありうる", "Measure id; a KPI may have several"),
        ("area_code", "varchar", "全国地方公共団体コード（6桁、検査数字を含む。000000は国）", "6-digit area code with check digit; 000000 is Japan"),
        ("target_version", "varchar", "目標の版。追記のみで、上書きしない", "Version of the target, append-only"),
        _SINCE,
        ("change", "varchar", "変化（added＝追加、changed＝変更、removed＝削除）", "Change: added, changed or removed"),
        ("is_primary", "boolean", "工程表自身の目標か", "Whether it is the roadmap’s own target"),
        ("old_evaluated_on", "date", "前の判定の日", "Day of the verdict before"),
        ("new_evaluated_on", "date", "今の判定の日", "Day of the verdict now"),
        ("old_status", "varchar", "前の状態", "Status before"),
        ("new_status", "varchar", "今の状態", "Status now"),
        ("old_grade", "varchar", "前の記号（A・B・N・F）", "Letter before (A, B, N, F)"),
        ("new_grade", "varchar", "今の記号", "Letter now"),
        ("old_reason_code", "varchar", "前の理由", "Reason before"),
        ("new_reason_code", "varchar", "今の理由", "Reason now"),
        ("old_progress", "double", "前の進捗", "Progress before"),
        ("new_progress", "double", "今の進捗", "Progress now"),
        ("cause", "varchar", "原因（figure＝数値、target＝目標、calendar＝日付、rule＝決まりまたはコード）", "Cause: figure, target, calendar, or rule (the rules or the code)"),
        ("cause_observation_id", "varchar", "原因の数値の番号", "Id of the figure that caused it"),
        ("cause_as_of_date", "date", "原因の数値の時点", "Day that this figure is about"),
        ("cause_value", "decimal(38,10)", "原因の数値の値", "Value of this figure"),
        ("cause_source_id", "varchar", "原因の数値のデータ源", "Source of this figure"),
        ("cause_sheet", "varchar", "そのシートまたはファイル", "Its sheet or file"),
        ("cause_cell", "varchar", "そのセル", "Its cell"),
        ("cause_citation_url", "varchar", "その出典のURL", "Address of its citation"),
    ),
)  # fmt: skip

WRITTEN_TABLES = (RUN, FIGURE_CHANGE, VERDICT_CHANGE)


def create_table(connection: duckdb.DuckDBPyConnection, table: DescribedTable) -> None:
    """Make a table empty in the schema `meta`, with its comments."""
    columns = ", ".join(f"{column.name} {column.data_type}" for column in table.columns)
    comments = [
        f"comment on column meta.{table.name}.{column.name} is '{column.ja}'" for column in table.columns
    ]
    # Together: each statement on its own would wait for the disk.
    connection.execute(
        "; ".join(
            (
                "begin transaction",
                f"create or replace table meta.{table.name} ({columns})",
                f"comment on table meta.{table.name} is '{table.ja}'",
                *comments,
                "commit",
            )
        )
    )
