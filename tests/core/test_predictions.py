"""What a network is asked and answers are values: they need no torch."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_questions_and_answers_load_without_torch():
    probe = (
        "import core.predictions, core.work.predicting, core.work.following, app.controllers.viewing.instruments\n"
        "import app.controllers.viewing.comparison, app.bindings.canvas\n"
        "import sys; assert not {'torch', 'core.model'} & set(sys.modules), 'torch was loaded'"
    )
    subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, check=True)
