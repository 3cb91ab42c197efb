"""Keeping: the database, the photos as files, and the way from one version of the database to the next."""
