#!/bin/sh
# Makes /packages/opt/venv from the lock $1, with the same bytes at each build. Images have it as
# /opt/venv; the Dockerfile runs this. Beside it is the compiled standard library, which Python's
# own images lack: each process would compile what it imports, and a start take 1.7 times as long.
set -eu
python3 -m venv --without-pip /opt/venv
python3 -m pip --python /opt/venv/bin/python install -q --no-compile --require-hashes --only-binary=:all: -r "$1"
python3 "$(dirname "$0")/slim.py" /opt/venv/lib/python3*/site-packages
rm -rf /opt/venv/include # pip leaves the folder empty
/opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib
chmod -R a-w,a+rX /opt/venv
mkdir -p /packages/opt
mv /opt/venv /packages/opt/
ln -s /packages/opt/venv /opt/venv
library=$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
unused='/(site-packages|ensurepip|idlelib|lib2to3|pydoc_data|test|tkinter|turtledemo)/'
python3 -m compileall -q -f -j 0 --invalidation-mode unchecked-hash -x "$unused" "$library"
find "$library" -name '*.pyc' | grep -Ev "$unused" | sed s,^/,, | sort | tar -C / -cf - -T - | tar -xf - -C /packages
find /packages/usr -name '*.pyc' -exec chmod a-w {} +
find /packages -exec touch -h -d @946684800 {} + # a file's time is part of the layer
