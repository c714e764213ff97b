"""What may be wrong with an origin; apart from what reads it, so that a command can name it without loading that."""

from __future__ import annotations


class TooManyFilesError(ValueError):
    """The origin folder holds more files than any collection of publications."""
