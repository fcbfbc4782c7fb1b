"""Runs one version of an app for the tabs that have it open, behind a wire: in a process of its
own, or in the process of a test.
"""
