"""Makes what others run: `make release` and `make bundle`.

    checkout → stage → build the front end → SBOM → checksums → archive

The Dockerfile does the same steps in its build stage. Two builds of one commit are the same, file
by file: names are sorted, times are those of the commit, and nothing of the machine is noted.
"""
