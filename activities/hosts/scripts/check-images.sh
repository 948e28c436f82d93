# shellcheck shell=sh disable=SC2034,SC2154
# Which of the images $@ are missing on this host, and whether their registry has them for it.
missing=$(for image in "$@"; do say "$image"; done | missing_images)
namespace=capstan-preflight
fetched=
for image in $missing; do
  if ! have ctr; then
    # crictl can pull and cannot ask.
    say "missing $image unknown"
  elif reason=$(ctr --timeout 30s -n "$namespace" content fetch --metadata-only "$image" 2>&1 > /dev/null); then
    say "missing $image pullable"
    fetched="$fetched $image"
  else
    say "missing $image absent $(say "$reason" | tail -n 1)"
  fi
done
# shellcheck disable=SC2086
[ -z "$fetched" ] || ctr -n "$namespace" images rm $fetched > /dev/null 2>&1 || true
if have ctr; then ctr namespaces rm "$namespace" > /dev/null 2>&1 || true; fi
