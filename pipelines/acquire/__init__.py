"""Bytes: found, checked for size, archived by SHA-256 before anything reads them."""
