# shellcheck shell=sh disable=SC2034,SC2154
# Which of the images $@ are missing on this host, and who would be asked for them. Only a pull could tell whether they can be had,
# and that is a change: it belongs to the step that fetches ahead.
if have crictl; then asked=crictl; else asked=ctr; fi
say "asked $asked"
absent=$(for image in "$@"; do say "$image"; done | missing_images)
for image in $absent; do say "missing $image"; done
