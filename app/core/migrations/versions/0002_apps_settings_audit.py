"""Installed apps, their settings, audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_changes")),
    )
    # The one row that whoever changes an app holds.
    op.execute("INSERT INTO app_changes (id, number) VALUES (1, 0)")
    op.create_table(
        "apps",
        sa.Column("id", sa.String(length=130), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=130), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("load_at_boot", sa.Boolean(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settings_revision", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
    )
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.create_index("ix_apps_change", ["change"], unique=False)
        batch_op.create_index(
            "uq_apps_url",
            ["url"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "audit_entries",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("node", sa.String(length=100), nullable=False),
        sa.Column("ip", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_action", ["action", "sequence"], unique=False)
        batch_op.create_index("ix_audit_entries_actor", ["actor_id", "sequence"], unique=False)
        batch_op.create_index("ix_audit_entries_at", ["at"], unique=False)
        batch_op.create_index("ix_audit_entries_target", ["target", "sequence"], unique=False)

    op.create_table(
        "app_grants",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("capability", sa.String(length=60), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(length=32), nullable=False),
        sa.Column("granted_by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_grants_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", "capability", name=op.f("pk_app_grants")),
    )
    op.create_table(
        "app_history",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_history_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", "revision", name=op.f("pk_app_history")),
    )
    op.create_table(
        "app_organisations",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("all_users", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"],
            ["apps.id"],
            name=op.f("fk_app_organisations_app_id_apps"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_app_organisations_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("app_id", "organisation_id", name=op.f("pk_app_organisations")),
    )
    op.create_table(
        "app_settings",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_settings_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", "field", name=op.f("pk_app_settings")),
    )
    op.create_table(
        "app_users",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_users_app_id_apps"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_app_users_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_app_users_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", "organisation_id", "user_id", name=op.f("pk_app_users")),
    )
    op.create_table(
        "app_versions",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=130), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("icon", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("capabilities", sa.Text(), nullable=False),
        sa.Column("package_digest", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=False),
        sa.Column("module_digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=40), nullable=False),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("uploaded_by", sa.String(length=32), nullable=False),
        sa.Column("uploaded_by_name", sa.String(length=200), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id"], ["apps.id"], name=op.f("fk_app_versions_app_id_apps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("app_id", "number", name=op.f("pk_app_versions")),
    )
    with op.batch_alter_table("app_versions", schema=None) as batch_op:
        batch_op.create_index("ix_app_versions_package_digest", ["package_digest"], unique=False)
        batch_op.create_index("uq_app_versions_identity", ["app_id", "identity"], unique=True)

    op.create_table(
        "app_bundles",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("build", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("compiled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id", "number"],
            ["app_versions.app_id", "app_versions.number"],
            name=op.f("fk_app_bundles_app_id_app_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("app_id", "number", "build", name=op.f("pk_app_bundles")),
    )
    with op.batch_alter_table("app_bundles", schema=None) as batch_op:
        batch_op.create_index("ix_app_bundles_digest", ["digest"], unique=False)

    op.create_table(
        "app_manifests",
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id", "number"],
            ["app_versions.app_id", "app_versions.number"],
            name=op.f("fk_app_manifests_app_id_app_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("app_id", "number", name=op.f("pk_app_manifests")),
    )
    op.create_table(
        "app_previews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app_id", sa.String(length=130), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("users", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("started_by_name", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id", "number"],
            ["app_versions.app_id", "app_versions.number"],
            name=op.f("fk_app_previews_app_id_app_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_previews")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_app_previews_token_digest")),
    )
    with op.batch_alter_table("app_previews", schema=None) as batch_op:
        batch_op.create_index("ix_app_previews_version", ["app_id", "number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("app_previews", schema=None) as batch_op:
        batch_op.drop_index("ix_app_previews_version")

    op.drop_table("app_previews")
    op.drop_table("app_manifests")
    with op.batch_alter_table("app_bundles", schema=None) as batch_op:
        batch_op.drop_index("ix_app_bundles_digest")

    op.drop_table("app_bundles")
    with op.batch_alter_table("app_versions", schema=None) as batch_op:
        batch_op.drop_index("uq_app_versions_identity")
        batch_op.drop_index("ix_app_versions_package_digest")

    op.drop_table("app_versions")
    op.drop_table("app_users")
    op.drop_table("app_settings")
    op.drop_table("app_organisations")
    op.drop_table("app_history")
    op.drop_table("app_grants")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_target")
        batch_op.drop_index("ix_audit_entries_at")
        batch_op.drop_index("ix_audit_entries_actor")
        batch_op.drop_index("ix_audit_entries_action")

    op.drop_table("audit_entries")
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_apps_url",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index("ix_apps_change")

    op.drop_table("apps")
    op.drop_table("app_changes")
