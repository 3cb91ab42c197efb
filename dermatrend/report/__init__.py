"""The report: its content (report.json is the source), its charts, and the PDF that renders it."""
