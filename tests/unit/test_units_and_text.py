"""Unit conversion and the comparison of headers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.normalize.text import header_key, normalise_width
from pipelines.normalize.units import UnitError, convert

UNITS = load_vocabulary().unit_table()


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("5014.2", "万人", "人", "50142000"),
        ("50142000", "人", "万人", "5014.2"),
        ("3999.7", "億円", "円", "399970000000"),
        ("1", "円", "億円", "0.00000001"),
        ("101502", "百万円", "円", "101502000000"),
        ("-0.1", "百万円", "千円", "-100"),
        ("48.7", "万円/人", "円/人", "487000"),
        ("12.5", "万通", "件", "125000"),
        ("1741", "市町村", "団体", "1741"),
        ("98.2", "%", "%", "98.2"),
        ("1234567890123456789012345678.1234567891", "人", "人", "1234567890123456789012345678.1234567891"),
    ],
)
def test_conversion_is_exact(value: str, source: str, target: str, expected: str) -> None:
    assert convert(Decimal(value), source, target, UNITS) == Decimal(expected)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("%", "団体"),
        ("人", "円"),
        ("円", "円/人"),
        ("%", "ポイント"),
        ("団体", "グループ"),
        ("倍", "%"),
        ("圏域", "市"),
    ],
)
def test_units_of_different_dimensions_do_not_convert(source: str, target: str) -> None:
    with pytest.raises(UnitError, match=f"{source} -> {target}"):
        convert(Decimal(1), source, target, UNITS)


@pytest.mark.parametrize(("source", "target"), [("ドル", "円"), ("円", "ドル")])
def test_unknown_unit_is_named(source: str, target: str) -> None:
    with pytest.raises(UnitError, match="ドル"):
        convert(Decimal(1), source, target, UNITS)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("団体コード", "団体コード"),
        (" 団体 コード ", "団体コード"),
        ("団体　コード", "団体コード"),
        ("団体\nコード", "団体コード"),
        ("団体\r\nコード", "団体コード"),
        ("団体コード※", "団体コード"),
        ("団体コード※1", "団体コード"),
        ("団体コード＊２", "団体コード"),
        ("団体コード注3", "団体コード"),
        ("団体コード（注1）", "団体コード"),
        ("団体コード（注）", "団体コード"),
        ("比率（％）", "比率(%)"),
        ("ＩＤ", "ID"),
        ("ﾀﾞﾝﾀｲ", "ダンタイ"),
        ("", ""),
    ],
)
def test_header_is_compared_without_width_spaces_and_footnotes(text: str, key: str) -> None:
    assert header_key(text) == key


@pytest.mark.parametrize(("one", "other"), [("資産額", "負債額"), ("令和4年度", "令和5年度"), ("A1", "A2")])
def test_headers_that_differ_stay_different(one: str, other: str) -> None:
    assert header_key(one) != header_key(other)


def test_normalised_text_keeps_inner_spaces() -> None:
    assert normalise_width("　Ａ　Ｂ ") == "A B"
