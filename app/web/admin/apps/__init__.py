"""Installed apps, at `/admin/apps`: the list, or one app."""
