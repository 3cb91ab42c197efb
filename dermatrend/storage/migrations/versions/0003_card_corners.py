"""Where a photo's colour card lies, and whether a course's photos hold one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("photos", sa.Column("card_corners", sa.Text(), nullable=True))
    op.add_column("courses", sa.Column("with_card", sa.Boolean(), server_default=sa.false(), nullable=False))
