"""The members of an organisation, at `/admin/users`: invitations, roles, accounts."""
