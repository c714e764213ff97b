"""The shared lake: tables of many bodies in one DuckLake, written by several at once and read while they write.

    landed Parquet of a body ──► register.line, register.load     catalogue in PostgreSQL, data in a folder or object store

A load replaces a body's year whole and in one transaction, so a reader sees all of it or nothing. Every transaction is a
snapshot that can be read later (`as of last March`). The dbt models of the tag `register` build into the same lake.
"""
