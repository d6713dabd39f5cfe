"""The errors that users meet, all with one root.

Every message says what was wrong, where, and what to do. The command line prints the
message as one line; which exit code goes with it is decided there.
"""


class LowFormerEdgeError(Exception):
    """Root of every error that this package raises on purpose."""


class UsageError(LowFormerEdgeError):
    """The request itself cannot be met: a wrong option, file or combination."""


class ConfigError(UsageError):
    """A model configuration is incomplete, contradictory or of an unknown kind."""


class CheckpointError(UsageError):
    """A checkpoint cannot be read, is unsafe, or does not fit the model."""


class DataError(UsageError):
    """Calibration or evaluation data are missing, empty or damaged."""


class ManifestError(UsageError):
    """A bundle's manifest is damaged, of another schema, or does not fit its files."""


class ArtifactError(UsageError):
    """An exported file cannot be read, run or written."""


class SystemLimitError(ArtifactError):
    """A file cannot be read or written for want of room or of open files, and is not to blame."""


class LabError(UsageError):
    """A laboratory is missing, or cannot be built here."""


class TargetError(LowFormerEdgeError):
    """What is to run files elsewhere cannot be reached, or failed."""


class ExportError(LowFormerEdgeError):
    """A converter failed, or left a graph that breaks what the export promises."""


class CheckError(LowFormerEdgeError):
    """An exported file does not do what an export promises."""


class MissingDependencyError(UsageError):
    """A package that this step needs is not installed, or is of another version."""
