"""The saving from outsourcing, cloud adoption or consolidation (歳出効率化の成果): the form, its reading, the arithmetic."""
