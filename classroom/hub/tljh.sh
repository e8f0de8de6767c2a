#!/usr/bin/env bash
# The book on The Littlest JupyterHub: run once on its machine, as
#
#   sudo bash tljh.sh jacobians-student.zip
#
# It puts the packages into the environment of all users and the student
# edition where each new user gets a copy of it.
set -euo pipefail
zip=$1
user_env=/opt/tljh/user
skeleton=/etc/skel/jacobians

place=$(mktemp -d)
"$user_env/bin/python" -m zipfile -e "$zip" "$place"
mkdir -p "$skeleton"
cp -R "$place"/jacobians-student/. "$skeleton"
"$user_env/bin/python" -m pip install -r "$skeleton/requirements.txt"

tljh-config set limits.memory 2G
tljh-config set user_environment.default_app jupyterlab
tljh-config reload
cd "$skeleton" && "$user_env/bin/python" -m helpers.doctor
