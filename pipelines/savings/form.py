"""The form that a municipality fills in: every field once, for the template, the reader and the explanations."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipelines.catalog.vocabulary import Label

FieldType = Literal["text", "choice", "amount", "number", "whole", "fiscal_year", "day", "area_code"]
# Pairs of sheet names and titles: Japanese, English.
ENTRY_SHEET = Label(ja="記入", en="Entry")
GUIDE_SHEET = Label(ja="説明", en="Guide")
TITLE = Label(
    ja="歳出効率化の成果　測定シート", en="Saving from outsourcing, cloud adoption and consolidation"
)
# The heads of the upper part, whose rows are one field each.
FIELD_HEAD = Label(ja="項目", en="Field")
ENTRY_HEAD = Label(ja="記入", en="Your entry")
ONE_OFFS = 3


@dataclass(frozen=True)
class Field:
    """One field. `needs` are fields that must be filled when this one is; `blank` says what a blank cell means."""

    key: str
    type: FieldType
    label: Label
    help: Label
    required: bool = True
    choices: tuple[str, ...] = ()
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(10) ** 14
    needs: tuple[str, ...] = ()
    blank: Label | None = None

    def headers(self) -> tuple[str, str]:
        """Return the texts by which the field is known."""
        return self.label.ja, self.label.en


# Words of the choices: what a cell may say for each, the first one being what the template offers.
CHOICES: dict[str, dict[str, Label]] = {
    "kind": {
        "outsourcing": Label(ja="民間委託", en="outsourcing"),
        "cloud": Label(ja="クラウド", en="cloud"),
        "consolidation": Label(ja="共同化", en="consolidation"),
        "other": Label(ja="その他", en="other"),
    },
    "figures_are": {
        "actual": Label(ja="実績", en="actual"),
        "estimate": Label(ja="見込み", en="estimate"),
    },
    "staff_unit": {
        "hours": Label(ja="時間", en="hours"),
        "staff_years": Label(ja="人年", en="staff-years"),
    },
}
# Other spellings in use: 年間の人工 of a survey of work are staff-years.
SPELLINGS: dict[str, dict[str, str]] = {
    "kind": {
        "委託": "outsourcing",
        "クラウド化": "cloud",
        "広域化": "consolidation",
        "共同化・広域化": "consolidation",
    },
    "figures_are": {"見込": "estimate", "予算": "estimate", "決算": "actual"},
    "staff_unit": {"人工": "staff_years", "時間/年": "hours", "h": "hours"},
}
# Limits of a unit cost in yen: they do not overlap, so that one unit written for the other is noticed.
STAFF_RATES: dict[str, tuple[int, int]] = {"hours": (100, 99_999), "staff_years": (100_000, 99_999_999)}

_APRIL = Label(ja="4月（年度の初めから）", en="April, the beginning of the fiscal year")
_NOT_COUNTED = Label(ja="この業務では計算しない", en="not computed for this task")


def _label(ja: str, en: str) -> Label:
    return Label(ja=ja, en=en)


HEADER_FIELDS: tuple[Field, ...] = (
    Field("area_code", "area_code", _label("団体コード（6桁）", "Area code (6 digits)"),
          _label("全国地方公共団体コード。検査数字を含む6桁", "The code of the local government, with its check digit")),
    Field("area_name", "text", _label("団体名", "Name of the body"),
          _label("市区町村・都道府県・組合の名称", "Municipality, prefecture or association")),
    Field("change_year", "fiscal_year", _label("見直しの年度", "Fiscal year of the change"),
          _label("委託・クラウド等を始めた年度（例: 令和5年度、2023）", "The fiscal year in which it began, such as 2023"),
          minimum=Decimal(1990), maximum=Decimal(2100)),
    Field("start_month", "whole", _label("開始月", "Month of the start"),
          _label("始めた月（1～12）。年度の途中なら、初年度の効果額は月割りになる", "1 to 12; within a fiscal year the first year counts by months"),
          required=False, minimum=Decimal(1), maximum=Decimal(12), blank=_APRIL),
    Field("figures_are", "choice", _label("見直し後の数値の別", "The figures after the change are"),
          _label("実績か見込みか。まだ終わっていない年度の数値は見込み", "actual or estimate; figures of a year not yet over are an estimate"),
          choices=tuple(CHOICES["figures_are"])),
    Field("before_year", "fiscal_year", _label("見直し前の数値の年度", "Fiscal year of the figures before"),
          _label("見直し前の数値をとった年度", "The fiscal year that the figures before the change are of"),
          required=False, minimum=Decimal(1980), maximum=Decimal(2100),
          blank=_label("見直しの年度の前の年度", "the fiscal year before that of the change")),
    Field("after_year", "fiscal_year", _label("見直し後の数値の年度", "Fiscal year of the figures after"),
          _label("見直し後の数値をとった年度", "The fiscal year that the figures after the change are of"),
          required=False, minimum=Decimal(1990), maximum=Decimal(2100),
          blank=_label("見直しの年度と同じ", "the fiscal year of the change")),
    Field("population", "whole", _label("人口（人）", "Population (persons)"),
          _label("住民一人当たりの経費に使う。見直し前と後に同じ人口を使う", "For the cost per resident; the same population before and after"),
          minimum=Decimal(1), maximum=Decimal(20_000_000)),
    Field("population_on", "day", _label("人口の基準日", "Day of the population"),
          _label("例: 2023年1月1日", "Such as 2023-01-01")),
    Field("years", "whole", _label("評価年数（年）", "Years evaluated"),
          _label("見直しの年度を含めて何年度を評価するか（契約年数など）。1～30", "How many fiscal years, that of the change included; 1 to 30"),
          minimum=Decimal(1), maximum=Decimal(30)),
    Field("discount_rate", "number", _label("割引率（％／年）", "Discount rate (% a year)"),
          _label("4％なら 4 と書く。0.04 や書式のパーセントにしない", "Write 4 for 4%, not 0.04 and no percent format"),
          required=False, maximum=Decimal(20), blank=_label("割り引かない", "no discounting")),
)  # fmt: skip


def _one_off(number: int) -> tuple[Field, Field]:
    amount, year = f"one_off_{number}", f"one_off_year_{number}"
    return (
        Field(amount, "amount", _label(f"一時経費{number}（円）", f"One-off cost {number} (yen)"),
              _label("移行・初期設定・研修・違約金など一度だけの経費。三つを超えるときは年度ごとに合算する", "Migration, set-up, training, penalties; add up by fiscal year when there are more than three"),
              required=False, needs=(year,), blank=_label("一時経費なし", "no such cost")),
        Field(year, "fiscal_year", _label(f"一時経費{number}の年度", f"Fiscal year of one-off cost {number}"),
              _label("支払う年度。見直しの10年前から評価の最後の年度まで", "When it is paid: from ten years before the change to the last year evaluated"),
              required=False, minimum=Decimal(1980), maximum=Decimal(2140), needs=(amount,), blank=_label("一時経費なし", "no such cost")),
    )  # fmt: skip


def _sides(
    key: str, kind: FieldType, ja: str, en: str, unit: Label, help_text: Label, *,
    required: bool = True, needs: tuple[str, ...] = (), maximum: Decimal = Decimal(10) ** 14,
) -> tuple[Field, Field]:  # fmt: skip
    """Return the two columns of a figure before and after the change."""
    before, after = f"{key}_before", f"{key}_after"
    return tuple(
        Field(name, kind, _label(f"{ja}【{when_ja}】（{unit.ja}）", f"{en}, {when_en} ({unit.en})"), help_text,
              required=required, maximum=maximum,
              needs=() if required else (other, *needs), blank=None if required else _NOT_COUNTED)
        for name, other, when_ja, when_en in (
            (before, after, "見直し前", "before"), (after, before, "見直し後", "after")
        )
    )  # type: ignore[return-value]  # fmt: skip


_YEN = _label("円／年", "yen a year")
TASK_FIELDS: tuple[Field, ...] = (
    Field("number", "text", _label("番号", "No."),
          _label("何を書いてもよい。「例」と書いた行は読まない", "Anything; a row marked 'example' is not read"),
          required=False, blank=_label("番号なし", "no number")),
    Field("name", "text", _label("業務名", "Task"), _label("業務の名称。同じ名は一度だけ", "Name of the task, once only")),
    Field("kind", "choice", _label("見直しの種類", "Kind of change"),
          _label("民間委託・クラウド・共同化・その他", "outsourcing, cloud, consolidation or other"), choices=tuple(CHOICES["kind"])),
    Field("volume_unit", "text", _label("取扱量の単位", "Unit of volume"),
          _label("件・通・世帯など。1件当たりの経費と、取扱量を揃えた効果額に使う", "Such as cases; for the cost per transaction and the volume-adjusted saving"),
          required=False, needs=("volume_before", "volume_after"), blank=_NOT_COUNTED),
    *_sides("volume", "number", "取扱量", "Volume", _label("／年", "a year"),
            _label("1年間の取扱量", "Volume of one year"), required=False, needs=("volume_unit",)),
    Field("staff_unit", "choice", _label("職員の業務量の単位", "Unit of staff time"),
          _label("時間 または 人年（業務量調査の年間の人工は人年）", "hours or staff-years"),
          required=False, choices=tuple(CHOICES["staff_unit"]), blank=_label("職員の業務量が前後とも0のときだけ空欄にできる", "blank only when the staff time is 0 before and after")),
    *_sides("staff", "number", "職員の業務量", "Staff time", _label("時間または人年／年", "hours or staff-years a year"),
            _label("職員（会計年度任用職員を含む）が1年間に費やす量。なければ 0 と書く", "What staff spend in a year; write 0 if nothing"), maximum=Decimal(10) ** 8),
    Field("staff_rate", "number", _label("人件費単価（円／時間 または 円／人年）", "Staff cost per unit (yen an hour or a staff-year)"),
          _label("上の単位に合わせる。前と後に同じ単価を使うため、給与改定は効果額に入らない", "In the unit of staff time; the same before and after, so that pay rises are no saving"),
          required=False, minimum=Decimal(100), maximum=Decimal(99_999_999), blank=_label("職員の業務量が前後とも0のときだけ空欄にできる", "blank only when the staff time is 0 before and after")),
    *_sides("running", "amount", "その他の運用経費", "Other running cost", _YEN,
            _label("システム使用料・保守料・消耗品・光熱費など。委託料は含めない。なければ 0 と書く", "Licences, maintenance, supplies; not the contract price; write 0 if nothing")),
    *_sides("contract", "amount", "委託料・利用料", "Contract price", _YEN,
            _label("契約額（税込み）の1年分。なければ 0 と書く", "The price of one year, tax included; write 0 if nothing")),
    *(field for number in range(1, ONE_OFFS + 1) for field in _one_off(number)),
    *_sides("minutes", "number", "1件当たりの処理時間", "Processing time of one transaction", _label("分", "minutes"),
            _label("受付から完了までの時間", "From receipt to completion"), required=False, maximum=Decimal(10) ** 6),
    Field("evidence", "text", _label("根拠資料", "Evidence"),
          _label("数値の出どころ（決算書、契約書、業務量調査など）", "Where the figures come from: accounts, contract, survey of work")),
    Field("note", "text", _label("備考", "Note"), _label("読むが計算には使わない", "Read, not computed with"),
          required=False, blank=_label("備考なし", "no note")),
)  # fmt: skip

ANCHOR = "name"
_EXAMPLE_MARKS = ("例", "記入例", "example")

# The rows marked as examples, as the template has them: any other row with that mark is somebody's own.
EXAMPLES: tuple[dict[str, Label | str], ...] = (
    {
        "name": _label("住民票等の窓口業務", "Residence certificates at the counter"),
        "kind": "outsourcing", "volume_unit": _label("件", "cases"), "volume_before": "42000", "volume_after": "40500",
        "staff_unit": "hours", "staff_before": "9300", "staff_after": "1400", "staff_rate": "3400",
        "running_before": "1200000", "running_after": "900000", "contract_before": "0", "contract_after": "21800000",
        "one_off_1": "2600000", "one_off_year_1": "2022", "minutes_before": "13", "minutes_after": "9.5",
        "evidence": _label("令和4年度決算書、業務量調査（2022年10月）、委託契約書", "Accounts of 2022, survey of work, contract"),
        "note": _label("この行は例。読み込まれない", "An example; it is not read"),
    },
    {
        "name": _label("基幹系システム", "Core information systems"),
        "kind": "cloud", "staff_unit": "staff_years", "staff_before": "2.5", "staff_after": "1.2", "staff_rate": "7800000",
        "running_before": "64000000", "running_after": "3500000", "contract_before": "0", "contract_after": "41000000",
        "one_off_1": "38000000", "one_off_year_1": "2022", "one_off_2": "5200000", "one_off_year_2": "2023",
        "evidence": _label("令和4年度決算書、利用契約書", "Accounts of 2022, contract of use"),
    },
)  # fmt: skip


def is_example_mark(text: str) -> bool:
    """Return whether the first cell of a row marks it as an example."""
    return text.strip().lower().rstrip("0123456789") in _EXAMPLE_MARKS


def choice_word(field: str, choice: str, language: str) -> str:
    """Return how a choice is written in a language."""
    label = CHOICES[field][choice]
    return label.ja if language == "ja" else label.en


def example_texts(example: dict[str, Label | str], language: str) -> dict[str, str]:
    """Return the cells of an example row in a language."""
    texts: dict[str, str] = {}
    for key, value in example.items():
        if isinstance(value, Label):
            texts[key] = value.ja if language == "ja" else value.en
        else:
            texts[key] = choice_word(key, value, language) if key in CHOICES else value
    return texts
