"""The application around the analysis: store, workers, app, report and command line."""
