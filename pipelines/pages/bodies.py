"""A page for each prefecture and municipality, and the list from which one is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from pipelines.pages import queries, registers
from pipelines.pages.charts import RENEWAL_SPAN, PeerYear, Strip, body_chart
from pipelines.pages.queries import grouped
from pipelines.pages.registers import Register
from pipelines.pages.shown import both, text
from pipelines.pages.site import Site
from pipelines.progress import report
from pipelines.query import Record

# The items that get a chart, in groups; the others are in a table with their newest figure.
MAIN_ITEMS = {
    "finance": ("fiscal_strength_index", "ordinary_balance_ratio", "debt_service_ratio", "future_burden_ratio", "laspeyres_index"),
    "assets": (
        "asset_depreciation_rate", "per_capita_cost_accrual", "per_capita_cost_cash", "per_capita_assets",
        "per_capita_liabilities", "net_asset_ratio", "future_generation_burden_ratio", "beneficiary_burden_ratio",
    ),
    "digital": ("system_standardisation_rate", "mynumber_card_rate", "konbini_issuance_available", "cloud_adopted"),
    "people": ("population", "social_increase", "households"),
    "tax": ("standard_fiscal_need", "standard_fiscal_revenue", "ordinary_allocation_tax"),
}  # fmt: skip
_MAIN = tuple(item for items in MAIN_ITEMS.values() for item in items)
# The group that a chart shows: the municipal type where it is known, else the kind of body.
_SCHEMES = ("similar_bodies", "area_type")
_OTHER_SCHEMES = ("similar_bodies", "area_type", "population_class", "prefecture", "nearest")


def write(site: Site) -> None:
    """Write `areas.html`, the index for the search, and the pages of all bodies."""
    bodies = _Bodies(site)
    bodies.write_index()
    for done, codes in enumerate(bodies.by_prefecture.values()):
        report("pages", done, len(bodies.by_prefecture), bodies.areas[codes[0]]["name_ja"])
        bodies.write_some(codes)


@dataclass
class _Card:
    """One item of one body: its newest figure, its chart and its place among the peers.

    The place is of the day of the newest figure. Where that one has no value there is no place, and `before` is the
    last figure that has one.
    """

    item: Record
    latest: Record
    chart: Markup | None
    before: Record | None = None
    peer: Record | None = None
    strip: Markup | None = None
    places: list[Record] = field(default_factory=list)
    drawn: Record | None = None


class _Bodies:
    """What the pages of bodies share, read once; the figures are read prefecture by prefecture."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.areas = {row["area_code"]: row for row in site.rows(queries.AREAS)}
        self.by_prefecture: dict[str, list[str]] = {}
        for code, row in self.areas.items():
            self.by_prefecture.setdefault(row["prefecture_code"] or code, []).append(code)
        self.items = {row["item_id"]: row for row in site.rows(queries.AREA_ITEMS)}
        self.labels = {row["peer_group"]: row["label_ja"] for row in site.rows(queries.GROUP_LABELS)}
        self.neighbours = grouped(site.rows(queries.NEIGHBOURS), "area_code")
        self.changes: dict[str, list[Record]] = {}
        for row in site.rows(queries.CHANGES):
            for code in {row["from_code"], row["to_code"]}:
                self.changes.setdefault(code, []).append(row)
        self.sources = {row["source_id"]: row for row in site.rows(queries.SOURCES)}
        self.contributions = grouped(site.rows(queries.CONTRIBUTIONS), "area_code")
        peers = site.rows(queries.PEERS_NOW, items=list(_MAIN))
        self.peers: dict[tuple[str, str], dict[str, Record]] = {}
        members: dict[tuple[str, str, str, date], list[float]] = {}
        for row in peers:
            self.peers.setdefault((row["area_code"], row["item_id"]), {})[row["peer_scheme"]] = row
            if row["peer_scheme"] in _SCHEMES and row["value"] is not None:
                members.setdefault(_group_key(row), []).append(float(row["value"]))
        self._members = members
        self.group_label = lru_cache(maxsize=4096)(self._group_label)
        self._strips: dict[tuple[str, str, str, date], Strip] = {}
        self.over_time: dict[tuple[str, str, str], list[PeerYear]] = {}
        for row in site.rows(queries.PEERS_OVER_TIME, items=list(_MAIN)):
            year = PeerYear(row["as_of_date"], row["lower_quartile"], row["median"], row["upper_quartile"])
            self.over_time.setdefault((row["item_id"], row["peer_scheme"], row["peer_group"]), []).append(
                year
            )

    def _group_label(self, scheme: str, group: str) -> Markup:
        """Return the name of a group of peers."""
        shown = self.site.shown
        if scheme == "nearest":
            return text("scheme_nearest")
        if scheme == "area_type":
            return shown.label("area_types", group)
        ja = self.labels.get(group, group)
        known = shown.vocabulary.body_scopes.get(group)
        return both(ja, known.en if known else ja)

    def write_index(self) -> None:
        """Write the list of bodies and the index of the search."""
        types = list(queries.BODY_TYPES)
        content = {
            "types": types,
            "prefectures": {row["area_code"][:2]: row["name_ja"] for row in self.areas.values() if row["area_type"] == "prefecture"},
            # Six digits a code and one a kind, run together: every page that draws the bodies loads this.
            "codes": "".join(self.areas),
            "kinds": "".join(str(types.index(row["area_type"])) for row in self.areas.values()),
            "names": [row["name_ja"] for row in self.areas.values()],
        }  # fmt: skip
        self.site.script("data/areas.js", "window.mierukaAreas", content)
        # Only the search needs the readings; in the order of the areas.
        self.site.script(
            "data/kana.js", "window.mierukaKana", [row["name_kana"] or "" for row in self.areas.values()]
        )
        groups = [
            (self.areas[code], [self.areas[member] for member in members if member != code])
            for code, members in self.by_prefecture.items() if code in self.areas
        ]  # fmt: skip
        self.site.page("areas.html", "areas.html", "areas", groups=groups, total=len(self.areas))

    def write_some(self, codes: list[str]) -> None:
        """Write the pages of some bodies with one reading of their figures."""
        connection = self.site.connection
        main = grouped(queries.area_values(connection, queries.BODY_FIGURES, codes, _MAIN), "area_code")
        other = grouped(
            queries.area_values(connection, queries.BODY_OTHER_FIGURES, codes, _MAIN), "area_code"
        )
        held = registers.read(self.site, codes)
        for code in codes:
            self._write(self.areas[code], main.get(code, []), other.get(code, []), held.get(code), codes)

    def _write(
        self, area: Record, main: list[Record], other: list[Record], held: Register | None, codes: list[str]
    ) -> None:
        code = area["area_code"]
        figures = grouped(main, "item_id")
        cards = {
            name: [self._card(code, item, figures[item]) for item in items if item in figures]
            for name, items in MAIN_ITEMS.items()
        }
        members = [self.areas[member] for member in codes if member != code]
        files = held.files if held else []
        self.site.page(
            f"area/{code}.html", "area.html", "areas",
            area=area, cards={name: found for name, found in cards.items() if found},
            figures=[(self.items[item], figures[item]) for item in _MAIN if item in figures],
            other={
                source: [(self.items[row["item_id"]], row) for row in found] for source, found in grouped(other, "source_id").items()
            },
            members=members if area["area_type"] == "prefecture" else [],
            neighbours=[row for row in self.neighbours.get(code, []) if row["neighbour_code"]],
            changes=self.changes.get(code, []), contributions=self.contributions.get(code, []),
            has_page=self.areas.__contains__, group_label=self.group_label, main_peer=_main_peer(cards),
            register=held, renewal_span=RENEWAL_SPAN, shown_figures={row["observation_id"] for row in main},
            sources=[self.sources[source] for source in dict.fromkeys(row["source_id"] for row in (*main, *other, *files))],
            api=self.site.api(f"area/{code}.json"),
        )  # fmt: skip

    def _card(self, code: str, item_id: str, figures: list[Record]) -> _Card:
        item = self.items[item_id]
        reported = [row for row in figures if row["value"] is not None]
        latest = max(figures, key=lambda row: (row["as_of_date"], row["value"] is not None))
        largest = max((abs(float(row["value"])) for row in reported), default=0.0)
        divisor, unit = self.site.shown.drawn_in(item["unit"], largest)
        lines = [
            [(row["as_of_date"], float(row["value"]) / divisor) for row in rows]
            for rows in grouped(reported, "series_id").values()
        ]
        before = None
        if latest["value"] is None:
            before = max(reported, key=lambda row: row["as_of_date"], default=None)
        # A count grows with the size of the body: its group says nothing of level, so that none is drawn.
        found = {} if item["is_additive"] else self.peers.get((code, item_id), {})
        group = _group_of(found)
        if group is None:
            return _Card(item, latest, body_chart(lines, [], unit), before)
        first = min((point[0] for line in lines for point in line), default=date.min)
        drawn, years = self._years(group, found, first)
        card = _Card(item, latest, body_chart(lines, years, unit), before, drawn=drawn)
        now = {scheme: row for scheme, row in found.items() if row["as_of_date"] == latest["as_of_date"]}
        card.peer = _group_of(now)
        if card.peer is not None:
            card.strip = self._strip(card.peer).svg(float(card.peer["value"]))
            card.places = [now[scheme] for scheme in _OTHER_SCHEMES if scheme in now]
        return card

    def _years(self, peer: Record, found: dict[str, Record], first: date) -> tuple[Record, list[PeerYear]]:
        """Return the group that the chart shows and its years: types are known of few years, kinds of bodies of all."""

        def of(row: Record) -> list[PeerYear]:
            years = self.over_time.get((row["item_id"], row["peer_scheme"], row["peer_group"]), [])
            return [year for year in years if year.day >= first]

        kind = found.get("area_type", peer)
        return max(
            ((row, of(row)) for row in (peer, kind)), key=lambda pair: len(pair[1]) > 2 * len(of(peer))
        )

    def _strip(self, peer: Record) -> Strip:
        key = _group_key(peer)
        if key not in self._strips:
            self._strips[key] = Strip.of(
                self._members[key], peer["lower_quartile"], peer["median"], peer["upper_quartile"]
            )
        return self._strips[key]


def _group_of(found: dict[str, Record]) -> Record | None:
    """Return the place in the group to compare with: the municipal type, or the kind of body where the type is too small."""
    schemes = (scheme for scheme in _SCHEMES if scheme in found)
    return next((found[scheme] for scheme in schemes if found[scheme]["lower_quartile"] is not None), None)


def _group_key(row: Record) -> tuple[str, str, str, date]:
    return row["item_id"], row["peer_scheme"], row["peer_group"], row["as_of_date"]


def _main_peer(cards: dict[str, list[_Card]]) -> dict[str, Any] | None:
    """Return the group with which most of the page compares: that of the first card that has one."""
    return next((card.peer for found in cards.values() for card in found if card.peer), None)
