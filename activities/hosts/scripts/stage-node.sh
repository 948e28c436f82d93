# shellcheck shell=sh disable=SC2034,SC2154
# Fetches packages and images of the new version, and changes nothing that runs.
# --version v1.34.4 --minor 1.34 --repository TEMPLATE --record DIR --staged DIR --image-repository R --images all|worker
use_manager
refuse_newer kubeadm kubelet kubectl
make_folders
keep_former
missing=
for package in kubeadm kubelet kubectl; do
  at_target "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
  specs=
  # shellcheck disable=SC2086
  offered=$(staged_versions $missing)
  for package in $missing; do
    set_candidate "$package" "$offered"
    [ -n "$candidate" ] || fail "no package $package $version is in ${template:-the sources of this host}" 'Correct spec.target.version or spec.packages.repository.'
    specs="$specs $package$separator$candidate"
  done
  # shellcheck disable=SC2086
  "${family}_fetch" $specs
fi
if at_target kubeadm; then
  kubeadm=kubeadm
else
  scratch=$staged/kubeadm
  # A run that was cut off may have left half of it.
  [ ! -e "$scratch" ] || rm -rf "$scratch"
  trap 'rm -rf "$scratch"' EXIT
  kubeadm=$(unpack_kubeadm "$scratch")
fi
wanted_images "$kubeadm" > "$staged/images"
missing_images < "$staged/images" > "$staged/missing"
pulled=0
while read -r image; do
  say "pulling $image"
  pull_image "$image" || fail "the image $image is not on this host and cannot be pulled" 'See what the runtime said above; import the image, or let the host reach its registry.'
  changed=yes
  pulled=$((pulled + 1))
done < "$staged/missing"
[ -z "$missing" ] || changed=yes
set_count < "$staged/images"
say "staged: packages${missing:- none}, $count images ($pulled pulled)"
say "changed: $changed"
