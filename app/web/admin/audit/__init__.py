"""The audit log, at `/admin/audit`."""
