"""Area codes and their check digit."""

from __future__ import annotations

import pytest

from pipelines.normalize.area_codes import AreaCodeError, check_digit, parse_area_code, with_check_digit

# Codes as 総務省 prints them, with check digits from every branch of the rule (remainders 0 and 1 among them).
ORACLES = [
    "434442", "434477", "285854", "105210", "034614", "192074", "294276", "230006", "313726", "050008", "032093",
]  # fmt: skip


@pytest.mark.parametrize("code", ORACLES)
def test_published_code_is_valid(code: str) -> None:
    assert parse_area_code(code) == code
    assert check_digit(code[:5]) == code[5]


@pytest.mark.parametrize("code", ORACLES)
def test_any_single_wrong_digit_that_changes_the_check_digit_is_refused(code: str) -> None:
    accepted = []
    for position in range(6):
        for digit in "0123456789":
            wrong = code[:position] + digit + code[position + 1 :]
            if digit == code[position] or (position < 5 and check_digit(wrong[:5]) == code[5]):
                continue
            try:
                accepted.append(parse_area_code(wrong))
            except AreaCodeError:
                continue
    assert accepted == []


@pytest.mark.parametrize("code", ORACLES)
def test_wrong_check_digit_is_always_refused(code: str) -> None:
    others = [code[:5] + digit for digit in "0123456789" if digit != code[5]]
    for wrong in others:
        with pytest.raises(AreaCodeError):
            parse_area_code(wrong)


def test_japan_is_exempt_from_the_check_digit() -> None:
    assert check_digit("00000") != "0"
    assert parse_area_code("000000") == "000000"


def test_full_width_digits_and_spaces_are_read() -> None:
    assert parse_area_code(" ４３４４４２　") == "434442"


@pytest.mark.parametrize("text", ["", "43444", "4344422", "43444X", "434-442", "434 442", "434442.0"])
def test_text_that_is_not_six_digits_is_refused(text: str) -> None:
    with pytest.raises(AreaCodeError):
        parse_area_code(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("43444", "434442"), ("434440", "434442"), ("４３４４４", "434442"), ("4344", None), ("", None)],
)
def test_code_that_may_be_meant(text: str, meant: str | None) -> None:
    assert with_check_digit(text) == meant


def test_digits_of_other_scripts_are_refused() -> None:
    with pytest.raises(AreaCodeError):
        parse_area_code("٠١٠٠٠6")
