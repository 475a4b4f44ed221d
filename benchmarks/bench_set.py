"""What an hour of video costs `predict-set`: processor time, memory, and bytes that are read and written.

    python benchmarks/bench_set.py [--json FILE]

On the bundled demo clip with the boxes of its labels, on the processor, with the starter. Processor time, which a busy
machine changes less: an hour of it is an hour's work of one core.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._results import tell
from core.files import places
from core.formats import export_project, import_labels, read_labels
from core.model import load_predictor
from core.project import Project
from core.video import open_source
from core.work.predicting import run_prediction
from core.work.source_record import record_of

STARTER = Path(__file__).resolve().parents[1] / "resources" / "weights" / "starter.pth"


def processor_s(work: Callable[[], object]) -> float:
    """Seconds of all threads of this process."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def measure() -> dict[str, object]:
    """The figures by name."""
    with tempfile.TemporaryDirectory() as folder, open_source(places.DEMO_CLIP) as source:
        count = len(source)
        seconds = (source.timestamps[-1] - source.timestamps[0]) * count / (count - 1)
        times = 3600 / seconds
        decode_s = processor_s(lambda: [None for _ in source.frames(0, count)])
        with Project.create(Path(folder) / "run.fami", record_of(source)) as project:
            import_labels(project, read_labels(places.DEMO_LABELS), None, keypoints=False)
            people = sum(len(frame.poses) for frame in project.frames())
            predictor = load_predictor(STARTER, "cpu")
            run_prediction(project, source, predictor, 0, 8)  # the first batches take longer
            predict_s = processor_s(lambda: run_prediction(project, source, predictor, 0, count))
            out = Path(folder) / "labels.json"
            export_s = processor_s(lambda: export_project(project, source, "posetrack18", out))
            written = out.stat().st_size
    return {
        "frames": count,
        "people a frame": round(people / count, 2),
        "decoding, core hours an hour": round(decode_s * times / 3600, 3),
        "prediction, ms a person and frame": round(1000 * (predict_s - decode_s) / people, 1),
        "prediction, core hours an hour": round(predict_s * times / 3600, 2),
        "writing, core hours an hour": round(export_s * times / 3600, 3),
        "video, MB an hour": round(places.DEMO_CLIP.stat().st_size * times / 1e6),
        "labels, MB an hour and person": round(written * times / 1e6 * count / people),
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    tell(__doc__, measure)
