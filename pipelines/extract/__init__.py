"""Archived bytes to a table of texts, each with the cell it came from."""
