"""Tables: CSV, Parquet and data frames, column by column, to samples and labels."""
