"""One cell of the form: its text to a value, or what was expected instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from pipelines.normalize.area_codes import AreaCodeError, check_digit, parse_area_code
from pipelines.normalize.japanese_dates import DateExpressionError, parse_date_expression, parse_fiscal_year
from pipelines.normalize.numbers import NumberFormatError, parse_number
from pipelines.normalize.text import header_key, normalise_width
from pipelines.savings.form import CHOICES, SPELLINGS, Field, FieldType

Value = str | int | Decimal | date
# A workbook computes in binary fractions: what it calls 1320000.0000000002 is 1320000.
_NOISE = Decimal(1).scaleb(-6)
_LONGEST_TEXT = 1000
# Four percent in a cell of the format 0% is 0.04: below this limit a rate is taken for such a share.
_SHARE = Decimal("0.2")


class CellError(ValueError):
    """A cell that is not what its field wants: the rule it breaks, and what to write."""

    def __init__(self, rule: str, expected_ja: str, expected_en: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.expected_ja = expected_ja
        self.expected_en = expected_en


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, which a terminal or a CSV file would act on."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _text(field: Field, text: str) -> str:
    line = one_line(text)
    if not line or len(line) > _LONGEST_TEXT:
        raise CellError(
            "not_text", f"{_LONGEST_TEXT}字までで書いてください", f"Write up to {_LONGEST_TEXT} characters"
        )
    return line


def _choice(field: Field, text: str) -> str:
    said = header_key(text).lower()
    words = {header_key(word).lower(): choice for word, choice in SPELLINGS[field.key].items()}
    for choice, label in CHOICES[field.key].items():
        words |= {header_key(word).lower(): choice for word in (choice, label.ja, label.en)}
    if said not in words:
        offered = CHOICES[field.key].values()
        raise CellError(
            "not_a_choice",
            f"{'・'.join(label.ja for label in offered)}のどれかを書いてください",
            f"Write one of: {', '.join(label.en for label in offered)}",
        )
    return words[said]


def _exact(text: str) -> Decimal:
    try:
        number = parse_number(text)
    except NumberFormatError as error:
        raise CellError(
            "not_a_number_alone",
            "数を一つだけ書いてください（単位や注は別の欄に、概数は不可）",
            "Write one number only, without unit, note or 'about'",
        ) from error
    if number.is_approximate:
        raise CellError(
            "not_exact", "約のない確かな数を書いてください", "Write an exact number, without 'about'"
        )
    if abs(number.value) >= Decimal(10) ** 20:
        return number.value
    rounded = number.value.quantize(_NOISE, ROUND_HALF_EVEN)
    return rounded if abs(number.value - rounded) < _NOISE else number.value


def _within(field: Field, value: Decimal) -> Decimal:
    if not field.minimum <= value <= field.maximum:
        raise CellError(
            "out_of_range",
            f"{field.minimum:,f} から {field.maximum:,f} までの値です。桁と単位を確かめてください",
            f"Expected within {field.minimum:,f} and {field.maximum:,f}: check digits and unit",
        )
    return value


def _number(field: Field, text: str) -> Decimal:
    value = _within(field, _exact(text))
    if field.key == "discount_rate" and 0 < value < _SHARE:
        raise CellError(
            "rate_is_a_share",
            "％の数で書いてください（4％なら 4。セルの書式をパーセントにしない）",
            "Write it in percent: 4 for 4%, in a cell without a percent format",
        )
    return value


def _whole(field: Field, text: str) -> int:
    bare = normalise_width(text).removesuffix("月") if field.key == "start_month" else text
    value = _exact(bare)
    if value != value.to_integral_value():
        raise CellError("not_whole", "整数を書いてください", "Write a whole number")
    return int(_within(field, value))


def _amount(field: Field, text: str) -> int:
    value = _exact(normalise_width(text).removesuffix("円"))
    if value != value.to_integral_value():
        raise CellError(
            "not_whole_yen",
            "円の整数で書いてください（千円単位ではなく円。円未満は四捨五入して）",
            "Write whole yen, rounded, and not thousands of yen",
        )
    return int(_within(field, value))


def _fiscal_year(field: Field, text: str) -> int:
    try:
        year = parse_fiscal_year(text)
    except DateExpressionError as error:
        raise CellError(
            "not_fiscal_year",
            "「令和5年度」「R5」「2023」のように年度を書いてください",
            "Write a fiscal year such as 2023 or 令和5年度",
        ) from error
    return int(_within(field, Decimal(year)))


def _day(field: Field, text: str) -> date:
    try:
        expression = parse_date_expression(text)
        if expression.precision != "day":
            raise DateExpressionError(text)
    except DateExpressionError as error:
        raise CellError(
            "not_a_day",
            "実在する日付を 2023-01-01、2023年1月1日、R5.1.1 のように書いてください",
            "Write a real day such as 2023-01-01",
        ) from error
    return expression.day


def _area_code(field: Field, text: str) -> str:
    try:
        return parse_area_code(text)
    except AreaCodeError as error:
        plain = normalise_width(text)
        hint_ja = hint_en = ""
        if plain.isascii() and plain.isdigit() and len(plain) == 5:
            # A spreadsheet took the leading zero, or the check digit was left out.
            likely = {code for code in (f"0{plain}", plain + check_digit(plain)) if _is_code(code)}
            hint_ja = f"。{'か'.join(sorted(likely))} ではありませんか（セルの書式を文字列に）"
            hint_en = f": is it {' or '.join(sorted(likely))}? (format the cell as text)"
        raise CellError(
            "not_area_code",
            f"検査数字を含む6桁の団体コードが必要です{hint_ja}",
            f"An area code of six digits with its check digit is needed{hint_en}",
        ) from error


def _is_code(text: str) -> bool:
    try:
        return bool(parse_area_code(text))
    except AreaCodeError:
        return False


_READERS: dict[FieldType, Callable[[Field, str], Value]] = {
    "text": _text,
    "choice": _choice,
    "amount": _amount,
    "number": _number,
    "whole": _whole,
    "fiscal_year": _fiscal_year,
    "day": _day,
    "area_code": _area_code,
}


def read_cell(field: Field, text: str) -> Value:
    """Return the value of a filled cell; raise CellError with what to write instead."""
    return _READERS[field.type](field, text)
