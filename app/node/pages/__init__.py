"""Pages of apps in open tabs: opened, told what to show, and moved to other versions."""
