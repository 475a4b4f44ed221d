"""Every reader by name. A reader's module is imported only once it is asked for: torch takes seconds."""

from importlib import import_module

from tests.fuzz.targets import Target

MODULES = {
    "label_targets": (
        "coco", "posetrack17", "posetrack18", "results", "label_studio", "mmpose", "openpose", "vitpose", "strangers",
        "cvat", "deeplabcut", "csv", "anything",
    ),
    "neighbour_targets": ("sleap", "deeplabcut_h5"),
    "program_targets": ("fami", "catalogue", "keymap", "collection", "settings", "speeds"),
    "training_targets": (
        "recipe", "bench_config", "annolist", "jhmdb", "jhmdb_json", "detections", "evaluate", "crops", "pictures",
        "clips",
    ),
    "media_targets": ("video", "images"),
    "weights_targets": ("checkpoint", "training_state"),
}  # fmt: skip
"""The readers of each module."""
NAMES = tuple(name for names in MODULES.values() for name in names)


def targets_of(module: str) -> tuple[Target, ...]:
    """All of a module."""
    targets: tuple[Target, ...] = import_module(f"tests.fuzz.{module}").TARGETS
    return targets


def target_named(name: str) -> Target:
    """The reader of that name."""
    module = next(module for module, names in MODULES.items() if name in names)
    return next(target for target in targets_of(module) if target.name == name)
