"""What of an app's folder a test has no use for."""

import shutil

NOT_COPIED = shutil.ignore_patterns("tests", "__pycache__")
