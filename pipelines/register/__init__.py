"""Registers of fixed assets (固定資産台帳): one line an asset, from a body's own file to landed Parquet."""
