"""The publication gate."""
