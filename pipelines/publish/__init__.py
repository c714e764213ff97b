"""From the built warehouse to the published one, in one atomic step."""
