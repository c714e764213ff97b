"""The map of Japan and the free comparison, with their data: a small file for each item and fiscal year."""

from __future__ import annotations

from typing import Any

from pipelines.normalize.area_codes import NATION
from pipelines.pages import queries
from pipelines.pages.bodies import MAIN_ITEMS
from pipelines.pages.queries import grouped
from pipelines.pages.site import Site
from pipelines.query import Record

# Column and row of each prefecture (the first two digits of its code) on the tile map: north is up, Okinawa below.
TILES = {
    "01": (14, 1), "02": (14, 3), "03": (14, 4), "04": (14, 5), "05": (13, 4), "06": (13, 5), "07": (14, 6),
    "08": (14, 7), "09": (13, 7), "10": (12, 7), "11": (13, 8), "12": (14, 8), "13": (13, 9), "14": (12, 9),
    "15": (13, 6), "16": (11, 6), "17": (10, 6), "18": (10, 7), "19": (12, 8), "20": (11, 7), "21": (10, 8),
    "22": (11, 9), "23": (10, 9), "24": (9, 9), "25": (9, 8), "26": (8, 7), "27": (8, 8), "28": (7, 8), "29": (8, 9),
    "30": (8, 10), "31": (6, 7), "32": (5, 7), "33": (6, 8), "34": (5, 8), "35": (4, 8), "36": (7, 11), "37": (6, 10),
    "38": (5, 10), "39": (6, 11), "40": (3, 9), "41": (2, 9), "42": (1, 9), "43": (2, 10), "44": (3, 10), "45": (3, 11),
    "46": (2, 11), "47": (1, 13),
}  # fmt: skip
_FIRST_X, _FIRST_Y = "fiscal_strength_index", "ordinary_balance_ratio"
_CLASSES = 5


def write(site: Site) -> None:
    """Write the map, the comparison and their data."""
    areas = {row["area_code"]: row for row in site.rows(queries.AREAS)}
    items = [_with_years(site, item, list(areas)) for item in _ordered(site.rows(queries.AREA_ITEMS))]
    items = [item for item in items if item["years"]]
    listed = [_listed(item) for item in items]
    blanks = {key: (word.ja, word.en) for key, word in site.shown.vocabulary.value_statuses.items()}
    units = {item["unit"]: site.shown.units(item["unit"]) for item in items}
    site.script("data/items.js", "window.mierukaItems", {"items": listed, "units": units, "blanks": blanks})
    mapped = [item for item in items if item["prefecture_years"]]
    first = next((item for item in mapped if item["item_id"] == _FIRST_X), mapped[0] if mapped else None)
    site.page(
        "map.html", "map.html", "map", items=mapped, first=first, tiles=_tiles(areas, first) if first else []
    )
    site.page("compare.html", "compare.html", "compare", first=(_FIRST_X, _FIRST_Y), kinds=_kinds(site))


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item as the scripts have it; years of prefectures and without municipalities only where they differ."""
    entry = {
        "id": item["item_id"], "ja": item["name_ja"], "en": item["name_en"], "unit": item["unit"],
        "decimals": item["decimals"], "years": _spans(item["years"]),
    }  # fmt: skip
    if item["prefecture_years"] != item["years"]:
        entry["prefectures"] = _spans(item["prefecture_years"])
    if item["years_without_municipality"]:
        entry["no_municipality"] = _spans(item["years_without_municipality"])
    return entry


def _spans(years: list[int]) -> list[int]:
    """Return the first and the last year of each run of years, in one list: half the bytes of the first view."""
    first = [year for year in years if year - 1 not in years]
    last = [year for year in years if year + 1 not in years]
    return [year for span in zip(first, last, strict=True) for year in span]


def _kinds(site: Site) -> list[tuple[str, Any]]:
    """Return the kinds of municipalities with their words."""
    words = site.shown.vocabulary.area_types
    return [(kind, words[kind]) for kind in queries.BODY_TYPES if kind != "prefecture"]


def _ordered(items: list[Record]) -> list[Record]:
    """Return the items, those with charts on the pages of bodies first."""
    main = [item for group in MAIN_ITEMS.values() for item in group]
    place = {item: number for number, item in enumerate(main)}
    return sorted(items, key=lambda row: (place.get(row["item_id"], len(place)), row["item_id"]))


def _with_years(site: Site, item: Record, codes: list[str]) -> dict[str, Any]:
    """Write the data of an item and return it with the fiscal years that have figures."""
    years = grouped(site.rows(queries.ITEM_YEARS, item=item["item_id"]), "fiscal_year")
    with_figures = {
        year: rows for year, rows in years.items() if any(row["value"] is not None for row in rows)
    }
    of_prefectures = [
        year for year, rows in with_figures.items()
        if any(_is_prefecture(row["area_code"]) and row["value"] is not None for row in rows)
    ]  # fmt: skip
    without_municipality = [
        year for year, rows in with_figures.items()
        if all(_is_prefecture(row["area_code"]) or row["value"] is None for row in rows)
    ]  # fmt: skip
    for year, rows in with_figures.items():
        # In the order of `data/areas.js`: the value, or why it is blank, or null where nothing is held.
        held = {
            row["area_code"]: row["value_status"] if row["value"] is None else row["value"] for row in rows
        }
        content = {"day": rows[0]["as_of_date"], "values": [held.get(code) for code in codes]}
        name = f'window.mierukaData=window.mierukaData||{{}};mierukaData["{item["item_id"]}/{year}"]'
        site.script(f"data/item/{item['item_id']}/{year}.js", name, content)
    newest = with_figures[of_prefectures[-1]] if of_prefectures else []
    return item | {
        "years": list(with_figures), "prefecture_years": of_prefectures,
        "years_without_municipality": without_municipality,
        "newest": [row for row in newest if _is_prefecture(row["area_code"])],
    }  # fmt: skip


def _is_prefecture(code: str) -> bool:
    return code[2:5] == "000" and code != NATION


def _tiles(areas: dict[str, Record], item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tiles of the prefectures with their value and its class: fifths of the prefectures by value."""
    values = {row["area_code"]: row["value"] for row in item["newest"]}
    order = sorted(
        (code for code, value in values.items() if value is not None), key=lambda code: values[code]
    )
    classes = {code: place * _CLASSES // len(order) for place, code in enumerate(order)}
    return [
        {
            "code": code, "name": area["name_ja"], "column": TILES[code[:2]][0], "row": TILES[code[:2]][1],
            "value": values.get(code), "class": classes.get(code),
        }
        for code, area in areas.items() if area["area_type"] == "prefecture" and code[:2] in TILES
    ]  # fmt: skip
