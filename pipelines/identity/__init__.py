"""Which area a code or a name means on a day: the register of areas and the matching against it."""
