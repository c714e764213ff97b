"""What a table must be like; rows that are not are refused with their address."""
