"""Fault injection: a run is killed or fails at many moments, and the home is looked at after each."""
