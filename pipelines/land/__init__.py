"""Typed rows to Parquet, with the fingerprint of what they were made from."""
