"""Printed numbers: exact values of what is a number, refusal of everything else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.normalize.numbers import NumberFormatError, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("550", "550"),
        ("1,013", "1013"),
        ("1,234,567.89", "1234567.89"),
        ("１，２３４", "1234"),
        ("１．５", "1.5"),
        ("98.20", "98.20"),
        ("-21.4", "-21.4"),
        ("−21.4", "-21.4"),
        ("–21.4", "-21.4"),
        ("ー21.4", "-21.4"),
        ("△1.5", "-1.5"),
        ("▲1.5", "-1.5"),
        ("▲ 1.5", "-1.5"),
        ("+3", "3"),
        ("  7　", "7"),
    ],
)
def test_number_is_read_exactly(text: str, value: str) -> None:
    number = parse_number(text)
    assert number.value == Decimal(value)
    assert not number.is_approximate


@pytest.mark.parametrize("text", ["約1,000", "約 1,000", "およそ1000", "概ね１０００"])
def test_approximate_number_is_marked(text: str) -> None:
    number = parse_number(text)
    assert number.value == 1000
    assert number.is_approximate


def test_approximate_negative_number_keeps_its_sign() -> None:
    assert parse_number("約△30").value == -30


@pytest.mark.parametrize(
    ("text", "unit"), [("61%", "%"), ("61％", "%"), ("61 ％", "%"), ("61団体", "団体"), ("６１ 団体", "団体")]
)
def test_own_unit_after_the_number_is_accepted(text: str, unit: str) -> None:
    assert parse_number(text, unit).value == 61


def test_trailing_zeros_are_kept_in_the_exact_value() -> None:
    assert str(parse_number("98.20").value) == "98.20"


@pytest.mark.parametrize(
    ("text", "unit"), [("61%", None), ("61%", "団体"), ("61団体%", "%"), ("団体", "団体")]
)
def test_foreign_unit_is_refused(text: str, unit: str | None) -> None:
    with pytest.raises(NumberFormatError):
        parse_number(text, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "－",
        "…",
        "約",
        "約約5",
        "1,23",
        "1000,000",
        "1,0000",
        ",100",
        "12.3.4",
        "5.",
        ".5",
        "--5",
        "△-5",
        "5-",
        "1 2",
        "1e5",
        "1_000",
        "0x10",
        "NaN",
        "Infinity",
        "∞",
        "½",
        "Ⅳ",
        "五百",
        "550団体",
        "(550)",
        "550※",
        "550～560",
    ],
)
def test_text_that_is_not_one_number_is_refused(text: str) -> None:
    with pytest.raises(NumberFormatError):
        parse_number(text)


@pytest.mark.parametrize("text", ["1013²", "²", "1013₂", "①", "1013①", "1²3"])
def test_footnote_mark_does_not_become_a_digit(text: str) -> None:
    with pytest.raises(NumberFormatError):
        parse_number(text)


@pytest.mark.parametrize("text", ["٣", "१२", "1٣"])
def test_digits_of_other_scripts_are_refused(text: str) -> None:
    with pytest.raises(NumberFormatError):
        parse_number(text)


def test_the_error_names_the_text() -> None:
    with pytest.raises(NumberFormatError, match=r"12\.3\.4"):
        parse_number("12.3.4")


@pytest.mark.parametrize("text", ["0,123", "01,234", "1,23", ",123"])
def test_separators_out_of_their_places_are_refused(text: str) -> None:
    with pytest.raises(NumberFormatError):
        parse_number(text)
