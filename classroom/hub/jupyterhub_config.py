"""The settings of a JupyterHub for a class.

`python tasks.py hub` starts it on one machine; the container beside this
file starts it too. It reads four variables of the environment:

    HUB_PASSWORD  the password that the class shares, 8 characters or more
    HUB_ADDRESS   where it listens; by default this machine alone
    HUB_STATE     the folder of the students' files and of the hub's own
    HUB_EDITION   the student edition, copied for each student at first

Everybody in the class works as one user of the system: students can reach
one another's files. Where marks count, use The Littlest JupyterHub.
"""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
import tasks  # noqa: E402

STATE = Path(os.environ["HUB_STATE"])
EDITION = Path(os.environ["HUB_EDITION"])
FOLDER = "jacobians"
BIN = Path(sys.executable).parent
PROXY = os.environ.get("HUB_PROXY", "configurable-http-proxy")
HOUR = 3600

c = get_config()  # noqa: F821

ADDRESS = os.environ.get("HUB_ADDRESS", "http://127.0.0.1:8000")
c.JupyterHub.bind_url = ADDRESS
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.command = [PROXY]
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["HUB_PASSWORD"]
c.Authenticator.allow_all = True

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(
    STATE / "homes" / "{username}"
)
c.Spawner.cmd = [str(BIN / "jupyterhub-singleuser")]
c.Spawner.notebook_dir = str(STATE / "homes" / "{username}" / FOLDER)
c.Spawner.default_url = "/lab/tree/01_scalar.ipynb"
c.Spawner.environment = {
    **dict(line.split("=") for line in tasks.tensorflow_settings()),
    "KERAS_BACKEND": "tensorflow",
}
# A kernel with TensorFlow holds some hundred megabytes: let idle ones go.
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={HOUR}",
    "--MappingKernelManager.cull_interval=300",
    f"--ServerApp.shutdown_no_activity_timeout={2 * HOUR}",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]
# Jupyter refuses to run as root, with good reason: here alone it may.
if os.geteuid() == 0 and "//127.0.0.1:" in ADDRESS:
    c.Spawner.args.append("--allow-root")
# The first page waits for JupyterLab; on a slow machine that takes longer.
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120


def copy_edition(spawner) -> None:
    """Give a student the notebooks, and never write over their work."""
    folder = STATE / "homes" / spawner.user.name / FOLDER
    if not folder.exists():
        shutil.copytree(EDITION, folder)


c.Spawner.pre_spawn_hook = copy_edition
