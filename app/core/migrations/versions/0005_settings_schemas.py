"""What versions of apps say about their settings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_settings_schemas",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id", "number"],
            ["app_versions.app_id", "app_versions.number"],
            name=op.f("fk_app_settings_schemas_app_id_app_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("app_id", "number", name=op.f("pk_app_settings_schemas")),
    )


def downgrade() -> None:
    op.drop_table("app_settings_schemas")
