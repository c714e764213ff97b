"""The warehouse as files for spreadsheets and other programs: CSV, XLSX, Parquet, with a data package."""
