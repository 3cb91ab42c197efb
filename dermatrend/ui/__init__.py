"""The pages that people see: widgets, one workflow call, draw. No numbers are made here."""
