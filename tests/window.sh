#!/usr/bin/env bash
# The real program on a virtual screen, operated by real key presses: opens the sample pictures, lets
# the model propose, accepts everything, exports, and checks the file. A key may arrive before the
# window is ready for it, so keys are repeated until what they are for has happened.
#   tests/window.sh PROGRAM     needs Xvfb and xdotool
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1")
work=$(mktemp -d)
cleanup() {
  kill "${window:-}" "${screen:-}" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_CACHE_HOME=$work/cache
export XDG_RUNTIME_DIR=$work LIBGL_ALWAYS_SOFTWARE=1
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS

Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb" &
screen=$!
fail() {
  echo "failed: $*" >&2
  cat "$work/said" >&2 2>/dev/null || true
  exit 1
}
# Waits until a command succeeds.
until_so() {
  for _ in $(seq 600); do
    if "${@:2}"; then return; fi
    sleep 0.2
  done
  fail "waited in vain for $1"
}
# Whether a command succeeds within five seconds.
soon() {
  for _ in $(seq 25); do
    if "$@"; then return; fi
    sleep 0.2
  done
  return 1
}
until_so 'the screen' test -s "$work/display"
DISPLAY=:$(cat "$work/display")
export DISPLAY

"$program" >"$work/said" 2>&1 &
window=$!
id() { xdotool search --onlyvisible --name Tsukami; }
until_so 'the window' id >/dev/null
xdotool windowfocus --sync "$(id)"

project="$work/data/tsukami/Sample pictures/Sample pictures.tsukami"
count() { "$program" stats "$project" --json 2>/dev/null | python3 -c '
import json, sys
stats = json.load(sys.stdin)
for key in sys.argv[1:]:
    stats = stats.get(key, 0)
print(stats)' "$@"; }
is() { [ "$(count "${@:2}")" = "$1" ]; }

open_sample() {
  xdotool key Escape ctrl+shift+p
  xdotool type --delay 100 'sample'
  xdotool key Return
  soon test -e "$project"
}
until_so 'the project' open_sample
until_so 'proposals on all twelve pictures' is 12 pictures proposed
boxes=$(count boxes proposed)
# A key that comes before its picture can be seen judges nothing.
all_done() {
  xdotool key shift+Return
  is 12 pictures done
}
until_so 'all pictures to be done' all_done
is "$boxes" boxes accepted || fail "$(count boxes accepted) of $boxes boxes are accepted"
out="$work/data/tsukami/Sample pictures-coco.json"
export_all() {
  xdotool key Escape ctrl+shift+e
  sleep 0.2
  xdotool key Return
  soon test -s "$out"
}
until_so 'the export' export_all
python3 - "$out" "$boxes" <<'PY'
import json, sys
coco = json.load(open(sys.argv[1], encoding="ascii"))
assert len(coco["images"]) == 12, len(coco["images"])
assert len(coco["annotations"]) == int(sys.argv[2]), len(coco["annotations"])
assert all(a["id"] > 0 and a["area"] > 0 and "score" not in a for a in coco["annotations"])
PY
# What the window shows as done is safe from SIGKILL.
kill -9 "$window"
wait "$window" 2>/dev/null || true
window=
is 12 pictures done || fail 'a kill lost what was done'
"$program" project check "$project" >/dev/null 2>&1 || fail 'the project is damaged after a kill'
echo "the window: 12 sample pictures, $boxes boxes accepted and exported by keyboard"
