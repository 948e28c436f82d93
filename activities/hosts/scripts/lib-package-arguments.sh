# shellcheck shell=sh disable=SC2034,SC2154
# Arguments of every script that works with packages.
version=
minor=
template=
record=
staged=
role=
while [ $# -gt 0 ]; do
  case $1 in
    --version) version=$2 ;;
    --minor) minor=$2 ;;
    --repository) template=$2 ;;
    --record) record=$root$2 ;;
    --staged) staged=$root$2 ;;
    --image-repository) image_repository=$2 ;;
    --images) images=$2 ;;
    --restore) restore_id=$2 ;;
    --role) role=$2 ;;
    *) fail "unknown argument $1" ;;
  esac
  shift 2
done
changed=no
