"""Measurements, paired in one run."""
