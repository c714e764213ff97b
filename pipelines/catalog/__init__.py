"""What the data is: the descriptions in `sources/`, read and checked."""
