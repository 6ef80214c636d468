"""When the frames of the benchmark's recordings were taken."""

START_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00
SEGMENT_NS = 10_000_000_000_000
FRAME_NS = 33_333_333
