"""Texts to values: numbers, dates and fiscal years, units, area codes."""
