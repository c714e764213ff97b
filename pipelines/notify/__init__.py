"""Telling those who asked: what a run changed and what failed, by log, JSON, webhook and mail."""
