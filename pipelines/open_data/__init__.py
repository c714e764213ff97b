"""The warehouse on the open web without a server: static JSON, a feed of changes, a catalog (DCAT)."""
