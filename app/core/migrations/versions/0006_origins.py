"""Grants of origins, which are longer than names of capabilities."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("app_grants", schema=None) as batch_op:
        batch_op.alter_column(
            "capability",
            existing_type=sa.String(length=60),
            type_=sa.String(length=300),
            existing_nullable=False,
        )


def downgrade() -> None:
    op.execute("DELETE FROM app_grants WHERE length(capability) > 60")
    with op.batch_alter_table("app_grants", schema=None) as batch_op:
        batch_op.alter_column(
            "capability",
            existing_type=sa.String(length=300),
            type_=sa.String(length=60),
            existing_nullable=False,
        )
