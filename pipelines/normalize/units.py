"""Units: each has a dimension and an exact factor; only units of one dimension convert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

# More digits than any printed value times any factor has, so that no conversion rounds.
_DIGITS = 100


class UnitError(ValueError):
    """An unknown unit, or two units that do not measure the same thing."""


@dataclass(frozen=True)
class Unit:
    """A unit of the vocabulary; `factor` leads to the dimension's base unit."""

    name: str
    dimension: str
    factor: Decimal


def convert(value: Decimal, from_unit: str, to_unit: str, units: Mapping[str, Unit]) -> Decimal:
    """Return `value` expressed in another unit, exactly; raise UnitError when that cannot be."""
    for name in (from_unit, to_unit):
        if name not in units:
            raise UnitError(name)
    source, target = units[from_unit], units[to_unit]
    if source.dimension != target.dimension:
        raise UnitError(f"{from_unit} -> {to_unit}")
    with localcontext(prec=_DIGITS):
        return value * source.factor / target.factor
