"""How large a package may be, and how much a dry run may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.source.limits import Limits

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackageLimits:
    """Limits of one package; sizes in bytes.

    Attributes:
        compressed_bytes: size of the archive as it is sent.
        ratio: unpacked size divided by compressed size, judged above `ratio_from_bytes` only:
            small files compress well without being bombs.
        manifest_bytes: size of manifest.json.
        source: number and size of the app's files.
    """

    compressed_bytes: int = 64 * MB
    ratio: int = 200
    ratio_from_bytes: int = 4 * MB
    manifest_bytes: int = 4 * MB
    source: Limits = field(default_factory=Limits)

    @property
    def unpacked_bytes(self) -> int:
        """Size of the unpacked archive: all files, the manifest, and a header for each entry."""
        return self.source.total_bytes + self.manifest_bytes + (self.source.files + 16) * 1024


@dataclass(frozen=True, slots=True)
class DryRunLimits:
    """What the process of a dry run may use.

    Attributes:
        seconds: time from its start to its result.
        cpu_seconds: processor time, of all its threads.
        memory_bytes: address space.
        file_bytes: size of a file that it writes into its temporary folder.
        output_bytes: what it prints; more of it ends the dry run.
        result_bytes: size of the result that it sends.
        open_files: number of open files.
    """

    seconds: float = 20.0
    cpu_seconds: int = 20
    memory_bytes: int = 1536 * MB
    file_bytes: int = 64 * MB
    output_bytes: int = 64 * 1024
    result_bytes: int = 8 * MB
    open_files: int = 256
