#!/usr/bin/env bash
# Follows the Dockerfile without a container engine: builds the CPU image's tree in an empty folder by the Dockerfile's own steps,
# runs it as the Dockerfile says (user, environment, entry point) on a read-only root with nothing but /tmp to write to, and uses it.
#
#   sudo tools/follow_dockerfile.sh          Linux on x86-64, root; needs the .NET SDK, util-linux and curl
#   tools/follow_dockerfile.sh --can         only says whether it could
#
# The machine's own /usr stands for every base image, its NuGet folder for an engine's cache. Each RUN and each program has
# mount, process and network namespaces of its own, so that nothing outlives this script.
# Exit codes: 0 everything held, 1 something did not, 3 this machine cannot do it.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
target=cpu
photo=tests/fixtures/photos/coco_val_000785_skier.jpg

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }
cannot() { say "cannot follow the Dockerfile here: $*"; exit 3; }

[ "$(uname -s)" = Linux ] || cannot "this is not Linux"
[ "$(id -u)" = 0 ] || cannot "mounting needs root"
[ "$(uname -m)" = x86_64 ] || cannot "the images are for x86-64"
for tool in dotnet unshare nsenter setpriv chroot ip curl awk; do
  command -v "$tool" > /dev/null || cannot "there is no $tool"
done
unshare --mount --pid --net --fork true 2> /dev/null || cannot "namespaces are not allowed"
[ "${1:-}" != --can ] || exit 0

work=$(mktemp -d "${TMPDIR:-/tmp}/follow-dockerfile.XXXXXX")
container=
clean() {
  [ -z "$container" ] || kill -KILL "$container" 2> /dev/null || true
  rm -rf "$work"
}
trap clean EXIT

# ---- the Dockerfile: one instruction a line, without comments and continuations ----

instructions=$work/instructions
awk '/^[ \t]*#/ || (/^[ \t]*$/ && !more) { next }
     { more = sub(/\\[ \t]*$/, ""); sub(/^[ \t]+/, ""); sub(/^FROM --platform=[^ ]+/, "FROM"); printf "%s", $0; if (!more) print "" }' \
  Dockerfile > "$instructions"

# ---- the build context: what .dockerignore lets through (the last pattern that matches a path or a folder above it decides) ----

make_context() {
  find . -mindepth 1 -path ./.git -prune -o \( -type f -o -type l \) -printf '%P\n' | awk '
    NR == FNR {
      if ($0 ~ /^[ \t]*(#|$)/) next
      keep[++n] = sub(/^!/, ""); sub(/^\//, ""); sub(/\/$/, "")
      gsub(/\./, "\\."); gsub(/\*\*\//, "\001"); gsub(/\*\*/, "\002"); gsub(/\*/, "[^/]*"); gsub(/\001/, "(.*/)?"); gsub(/\002/, ".*")
      pattern[n] = "^" $0 "(/.*)?$"; next
    }
    { kept = 1; for (i = 1; i <= n; i++) if ($0 ~ pattern[i]) kept = keep[i]; if (kept) print }
  ' .dockerignore - > "$work/context.list"
  mkdir "$work/context"
  tar --create --files-from "$work/context.list" | tar --extract --directory "$work/context"
}

# ---- namespaces ----

# Mounts what a process in ROOT sees of the machine; to be called in a mount namespace of its own.
mount_machine() {
  local root=$1 folder
  for folder in bin sbin lib lib32 lib64 usr etc opt; do
    if [ -L "/$folder" ]; then
      ln -sfn "$(readlink "/$folder")" "$root/$folder"
    elif [ -d "/$folder" ]; then
      mkdir -p "$root/$folder"
      mount --bind "/$folder" "$root/$folder"
      mount -o remount,bind,ro "$root/$folder"
    fi
  done
  mkdir -p "$root/proc" "$root/dev" "$root/tmp"
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755,size=64k tmpfs "$root/dev"
  for folder in null zero random urandom; do
    : > "$root/dev/$folder"
    mount --bind "/dev/$folder" "$root/dev/$folder"
  done
}

# A RUN step: root, the network, the cache; the environment of whoever started this script and the stage's own.
run_step() {
  local root=$1 folder=$2 command=$3
  shift 3
  mount_machine "$root"
  mkdir -p "$root/root" "$root/run"
  mount --bind /run "$root/run"
  if [ -d "$HOME/.nuget" ]; then
    mkdir -p "$root/root/.nuget"
    mount --bind "$HOME/.nuget" "$root/root/.nuget"
  fi
  env HOME=/root TMPDIR=/tmp "$@" chroot "$root" /bin/sh -c "cd '$folder' && $command"
}

# The container: ROOT read-only, /tmp in memory, DATA (if any) at /data, no privileges; becomes the program it is given.
run_container() {
  local root=$1 folder=$2 user=$3 data=$4
  shift 4
  mount --bind "$root" "$root"
  mount_machine "$root"
  mount -t tmpfs -o mode=1777,size=64m,noexec,nosuid,nodev tmpfs "$root/tmp"
  if [ -n "$data" ]; then
    mount --bind "$data" "$root/data"
  fi
  mount -o remount,bind,ro "$root"
  ip link set lo up
  exec chroot "$root" /usr/bin/env -i "${environment[@]}" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" \
    setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
}

isolated=(unshare --mount --propagation private --pid --fork --kill-child)

# ---- the steps ----

declare -A root_of folder_of env_of arguments
user= entrypoint= health=

expand() {
  local text=$1 name
  for name in "${!arguments[@]}"; do
    text=${text//"\${$name}"/"${arguments[$name]}"}
  done
  printf '%s' "$text"
}

# A JSON array of plain strings, as words.
words_of() { printf '%s' "$1" | tr -d '[]"' | tr -s ', ' ' ' | sed 's/^ //'; }

# Where a COPY's target lies, from the stage's working folder.
place() { case $2 in /*) printf '%s%s' "${root_of[$1]}" "$2" ;; *) printf '%s%s/%s' "${root_of[$1]}" "${folder_of[$1]}" "$2" ;; esac; }

copy() {
  local stage=$1 source=$work/context to item
  shift
  if [[ $1 == --from=* ]]; then
    build_stage "${1#--from=}"
    source=${root_of[${1#--from=}]}
    shift
  fi
  to=$(place "$stage" "${*: -1}")
  case "${to#"${root_of[$stage]}"}" in /usr/* | /etc/* | /lib/* | /opt/*) fail "a COPY to ${*: -1} would be hidden by the machine's own" ;; esac
  for item in "${@:1:$#-1}"; do
    [ -e "$source/$item" ] || fail "COPY: $item is not in the build context or stage"
    if [ -d "$source/$item" ]; then
      mkdir -p "$to"
      cp -a "$source/$item/." "$to/"
    elif [[ ${*: -1} == */ ]]; then
      mkdir -p "$to"
      cp -a "$source/$item" "$to"
    else
      mkdir -p "$(dirname "$to")"
      cp -a "$source/$item" "$to"
    fi
  done
}

from() {
  local stage=$1 base=$2
  root_of[$stage]=$work/$stage
  mkdir "$work/$stage"
  chmod 755 "$work/$stage"
  folder_of[$stage]=/
  env_of[$stage]=
  if grep -qE "^FROM .* AS $base\$" "$instructions"; then
    build_stage "$base"
    cp -a "${root_of[$base]}/." "${root_of[$stage]}/"
    folder_of[$stage]=${folder_of[$base]}
    env_of[$stage]=${env_of[$base]}
  fi
}

build_stage() {
  local stage=$1 line name rest words step=0
  [ -z "${root_of[$stage]:-}" ] || return 0
  local lines
  mapfile -t lines < <(awk -v stage="$stage" '$1 == "FROM" { inside = ($4 == stage) } inside' "$instructions")
  [ ${#lines[@]} -gt 0 ] || fail "the Dockerfile has no stage '$stage'"
  for line in "${lines[@]}"; do
    name=${line%% *}
    rest=$(expand "${line#* }")
    read -ra words <<< "$rest"
    say "$stage $((++step))/${#lines[@]} $name ${rest:0:150}"
    case $name in
      FROM) from "$stage" "${words[0]}" ;;
      WORKDIR) folder_of[$stage]=$rest; mkdir -p "${root_of[$stage]}$rest" ;;
      COPY) copy "$stage" "${words[@]}" ;;
      ARG) set_argument "$rest" ;;
      ENV) env_of[$stage]+=" ${rest//\$PATH/$PATH}" ;;
      RUN)
        # shellcheck disable=SC2086 # one word per variable
        "${isolated[@]}" bash -c "$(declare -f mount_machine run_step); set -e; run_step \"\$@\"" run "${root_of[$stage]}" "${folder_of[$stage]}" "$rest" \
          ${env_of[$stage]} > "$work/log" 2>&1 || { cat "$work/log"; fail "$stage: RUN $rest"; }
        ;;
      USER) user=$rest ;;
      ENTRYPOINT) entrypoint=$(words_of "$rest") ;;
      HEALTHCHECK) health=$(words_of "${rest#*CMD}") ;;
      LABEL | EXPOSE | STOPSIGNAL) ;;
      *) fail "$name is not known to this script" ;;
    esac
  done
}

# Into the scope of what follows; the defaults before the first FROM hold everywhere.
set_argument() { arguments[${1%%=*}]=${arguments[${1%%=*}]:-$(printf '%s' "${1#*=}" | tr -d '"')}; }

while read -r name rest; do
  [ "$name" = ARG ] || break
  set_argument "$rest"
done < "$instructions"

make_context
say "context: $(wc -l < "$work/context.list") files, $(du -sh "$work/context" | cut -f1)"
build_stage "$target"
root=${root_of[$target]}
folder=${folder_of[$target]}
read -ra environment <<< "${env_of[$target]}"

# ---- what was published ----

app=$root/app
chown -R 0:0 "$root"
[ -z "$(find "$app" -perm /o=w ! -type l)" ] || fail "others may write in /app"
natives=$(cd "$app" && find . \( -name '*.so' -o -name '*.so.*' -o -name '*.dylib' -o -path './runtimes*' \) | sort | tr '\n' ' ')
[ "$natives" = "./libonnxruntime.so ./libonnxruntime_providers_shared.so ./libvips.so.42 " ] || fail "native libraries other than the platform's own: $natives"
say "published: $(du -sh --exclude=models "$app" | cut -f1) in /app, of which $(cd "$app" && du -ch libonnxruntime.so libvips.so.42 | tail -n 1 | cut -f1) native libraries; $(du -sh "$app/models" | cut -f1) in /app/models"

# ---- the service ----

container_shell="$(declare -f mount_machine run_container); $(declare -p environment); set -e; run_container \"\$@\""
mkdir "$root/data"
# shellcheck disable=SC2086 # words of the Dockerfile's arrays hold no blanks
"${isolated[@]}" --net bash -c "$container_shell" run "$root" "$folder" "$user" "" $entrypoint > "$work/service.log" 2>&1 &
container=$!

# As an engine's exec: in the container's namespaces, with its user and environment.
inside() { cat "/proc/$container/task/$container/children" | tr -d ' '; }
in_container() {
  nsenter --target "$(inside)" --mount --pid --net --root --wd /usr/bin/env -i "${environment[@]}" \
    setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
}
from_outside() { nsenter --target "$(inside)" --net curl --silent --show-error --max-time 60 "$@"; }
service_says() { sed 's/^/  | /' "$work/service.log" >&2; }

healthy=
for _ in $(seq 240); do
  kill -0 "$container" 2> /dev/null || { service_says; fail "the service ended before it was ready"; }
  # shellcheck disable=SC2086
  if in_container $health > "$work/health.log" 2>&1; then healthy=yes; break; fi
  sleep 0.5
done
[ -n "$healthy" ] || { service_says; fail "not healthy after two minutes: $(cat "$work/health.log")"; }
say "healthy, says '$health', under user $user"

for place in / /app /app/models /app/models/default /data; do
  ! in_container sh -c ": > $place/written" 2> /dev/null || fail "$place can be written to"
done
in_container sh -c ': > /tmp/written && rm /tmp/written' || fail "/tmp cannot be written to"
[ -z "$(find /proc/"$(inside)"/fd -lname 'anon_inode:inotify' 2> /dev/null)" ] || fail "the service watches files"

post() { from_outside --data-binary "@$photo" --write-out '\n%{http_code} %header{compute-used}\n' "$@" http://127.0.0.1:8080/v1/segment; }
answer=$(post)
[[ $answer == *'"segments_info":[{'* && $answer == *$'\n200 depth='* ]] || { service_says; fail "the photo was answered with: ${answer:0:500}"; }
say "photo: ${answer##*$'\n'}"

# ---- ecom2f, in a container of its own ----

mkdir -p "$work/data/photos" "$work/data/out"
cp "$photo" "$work/data/photos/"
chown "$user" "$work/data/out"
"${isolated[@]}" --net bash -c "$container_shell" run "$root" "$folder" "$user" "$work/data" ecom2f segment /data/photos -o /data/out > "$work/log" 2>&1 \
  || { cat "$work/log"; fail "ecom2f segment ended with $?"; }
results=$(cd "$work/data/out" && find . -name "$(basename "$photo" .jpg)*" -size +0 | wc -l)
[ "$results" -ge 2 ] || fail "ecom2f segment left $results results: $(ls "$work/data/out")"
say "ecom2f segment: $results results"

# ---- the end: SIGTERM to process 1 while a photo is on its way ----

# The service's own count says when the upload has begun; the photo's 131 kB then take ten seconds more, of the 30 that it may drain.
uploads() { from_outside http://127.0.0.1:8080/metrics | awk '/^http_server_active_requests{.*"POST"/ { n += $NF } END { print n + 0 }'; }
post --limit-rate 12k --output "$work/last.json" > "$work/last" &
upload=$!
until [ "$(uploads)" = 1 ]; do
  kill -0 "$upload" 2> /dev/null || fail "the slow upload ended before it was seen: $(cat "$work/last")"
  sleep 0.1
done
kill -TERM "$(inside)"
wait "$upload" || fail "the photo that was on its way at SIGTERM was cut off"
grep -q '^200 depth=' "$work/last" || fail "the photo that was on its way at SIGTERM was answered with: $(cat "$work/last")"
code=0
wait "$container" || code=$?
container=
[ "$code" = 0 ] || { service_says; fail "the service ended with $code after SIGTERM"; }
say "SIGTERM: answered what was under way, ended with 0"
