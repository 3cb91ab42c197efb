"""One file per family of rows: observations -> lines of the table."""
