"""Runs the migrations on the connection that `dermatrend.storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from dermatrend.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back schema changes too; the connection is set up so that it does.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
