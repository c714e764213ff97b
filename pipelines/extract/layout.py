"""Which layout a sheet has and what span it describes: by its header, title, names and columns, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.catalog.published import Layout, PublishedTable
from pipelines.defects import Defect, RefusedFileError
from pipelines.extract.columns import plain
from pipelines.extract.header import Header, find_anchor, header_paths
from pipelines.extract.period import PeriodError, Span, names_period, read_period
from pipelines.extract.sheet import Sheet, cell_text
from pipelines.extract.table import Place
from pipelines.normalize.spans import find_parts

_TITLE_ROWS = 15
# What a file may be named by; a description of other names does not find them.
_EXAMPLES = ("令和5年度", "2023-04-01")


def layout_and_span(sheet: Sheet, table: PublishedTable, place: Place) -> tuple[Layout, Span]:
    """Return the layout of the span that the file itself names; raise RefusedFileError when there is none."""
    newest = table.layouts[-1]
    found = [(layout, find_anchor(sheet, layout)) for layout in reversed(table.layouts)]
    layout, first = next(((layout, row) for layout, row in found if row is not None), (newest, None))
    texts = _places(sheet, layout, first, place.snapshot.file_name, table)
    if known := table.known_files.get(place.snapshot.snapshot_sha256):
        texts["known"] = known.period
    try:
        span = read_period(table.period, texts)
    except PeriodError as error:
        raise RefusedFileError([_no_period(error, table, place)]) from error
    held = table.layout_on(span.year)
    if held is None:
        raise RefusedFileError([_no_layout(span, table, place)])
    if find_anchor(sheet, held) is None and first is not None:
        return layout, span
    return held, span


def _places(
    sheet: Sheet, layout: Layout, first: int | None, file: str, table: PublishedTable
) -> dict[str, str]:
    """Return the text of each place that may name the period."""
    above = sheet.rows[: first if first is not None else _TITLE_ROWS]
    title = "\n".join(text for row in above for cell in row if (text := cell_text(cell).strip()))
    texts = {"title": title, "sheet": sheet.name, "file": file}
    if first is not None:
        paths = header_paths(sheet, first, layout.header_rows, layout.heads_spread_to)
        texts["header"] = "\n".join(paths)
        column = layout.columns.get(table.period.column or "")
        if column is not None and len(sheet.rows) > first + layout.header_rows:
            wanted = [index for index, path in enumerate(paths) if path in column.header]
            if wanted:
                body = sheet.rows[first + layout.header_rows :]
                # Long tables repeat their header, and notes stand under tables.
                cells = {
                    cell_text(value) for value in {row[wanted[0]] for row in body if wanted[0] < len(row)}
                }
                passed = _passed_over(layout, str(table.period.column))
                found = sorted(text for text in cells if names_period(text) and not passed(text))
                texts |= {"column": found[-1]} if found else {}
                texts |= {"column_first": found[0]} if found and table.period.kind == "fiscal_year" else {}
    return texts


def _passed_over(layout: Layout, key: str) -> Callable[[str], bool]:
    """Return whether a text of a column alone makes its row one to skip: such a row is no part of the table."""
    patterns = [rule.where[key] for rule in layout.rows if rule.kind == "skip" and rule.where.keys() == {key}]
    return lambda text: any(re.fullmatch(pattern, plain(text)) for pattern in patterns)


def _no_period(error: PeriodError, table: PublishedTable, place: Place) -> Defect:
    kind = "年度" if table.period.kind == "fiscal_year" else "基準日"
    kind_en = "fiscal year" if table.period.kind == "fiscal_year" else "day"
    if len(error.found) > 1:
        return place.defect(
            "period_contradicts", str(error),
            f"{kind}の記載が食い違います。別の年のファイルがこの名で置かれていないか確かめてください",
            f"The places that name the {kind_en} disagree: is this another year's file under this name?",
        )  # fmt: skip
    said = _places_in_words(table)
    advice, advice_en = "公表元のファイルのままか確かめてください", "is it as the publisher gave it?"
    if example := next((text for text in _EXAMPLES if find_parts(table.period.file, text)), None):
        advice = f"ファイル名に書いてください（例: {example}）"
        advice_en = f"write it in the file's name (such as {example})"
    return place.defect(
        "period_unknown", str(error) or None,
        f"{kind}が{'にも'.join(ja for ja, _ in said)}にもありません。{advice}",
        f"The {kind_en} is not to be found in the {' or the '.join(en for _, en in said)}: {advice_en}",
    )  # fmt: skip


def _places_in_words(table: PublishedTable) -> list[tuple[str, str]]:
    """Return the places where a description looks for the period, in both languages."""
    period, said = table.period, []
    words = {
        "title": ("表題", "title"),
        "sheet": ("シート名", "sheet's name"),
        "header": ("見出し", "header"),
    }
    said += [words[name] for name in words if getattr(period, name)]
    if period.column:
        headers = table.layouts[-1].columns[period.column].header or [period.column]
        said.append((f"列「{headers[0]}」", f"column '{headers[0]}'"))
    return [*said, ("ファイル名", "file's name")] if period.file else said


def _no_layout(span: Span, table: PublishedTable, place: Place) -> Defect:
    first = table.layouts[0].since
    return place.defect(
        "no_layout", span.label, f"{first}年（度）より前の様式は記述されていません",
        f"No layout is described before {first}",
    )  # fmt: skip


def lost_columns(layout: Layout, header: Header, span: Span, place: Place) -> list[Defect]:
    """Return a defect for each absent column that was optional only before this period."""
    return [
        place.defect(
            "missing_header", None, f"{span.year}年（度）には見出し「{column.header[0]}」の列があるはずです",
            f"A file of {span.year} has a column headed '{column.header[0]}'",
            row=header.first_body_row, column=column.header[0],
        )
        for key, column in layout.columns.items()
        if key not in header.positions and column.must_be_in(span.year)
    ]  # fmt: skip
