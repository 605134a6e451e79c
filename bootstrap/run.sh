#!/bin/sh
# Finds a Python that can run gitless and hands over to it: run.sh VERB [ARGUMENT…]
# Nothing of the working directory is run or imported: it holds a foreign checkout, and so may a relative entry of PATH.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
seen=''
for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
  python=$(command -v "$name" 2>/dev/null) || continue
  case $python in
    /* | [A-Za-z]:[\\/]*) ;;
    *) continue ;;
  esac
  if "$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
    exec "$python" -I -S "$here/start.py" "$@"
  fi
  seen="$seen $python"
done
what='gitless needs Python 3.10 or newer'
if [ -n "$seen" ]; then why="too old or broken:$seen"; else why='there is no python3 on PATH'; fi
hint='Add a step with actions/setup-python before this one, or install python3 in the image of the job.'
if [ "${GITHUB_ACTIONS:-}" = true ]; then
  printf '::error title=gitless::%s; %s.%%0A%s\n' "$what" "$why" "$hint"
else
  printf 'gitless: %s; %s.\n  %s\n' "$what" "$why" "$hint" >&2
fi
exit 2
