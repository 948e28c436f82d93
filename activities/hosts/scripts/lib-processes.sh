# shellcheck shell=sh disable=SC2034,SC2154,SC3013
# Whose a process is. Its name and its command line are what any local user and any pod may choose. Nobody but root chooses who
# runs it, the user namespace that it is in, its root folder, and the cgroup that the kubelet put it into.
proc=${CAPSTAN_PROC:-/proc}

# Numbers of all processes called $1, whosever they are.
processes_called() {
  have pgrep || fail 'pgrep is not on this host, and without it no process is found' 'Install the package procps.'
  # A process is named by the first 15 characters.
  pgrep -x "$(printf '%.15s' "$1")" || [ $? -eq 1 ]
}

# True where the process in folder $1 has no other user than $2, in the user namespace of the host: root in a namespace of its own
# is any user.
is_run_by() {
  [ "$1/ns/user" -ef "$proc/1/ns/user" ] || return 1
  ids=
  { while read -r field ids; do [ "$field" != Uid: ] || break; done < "$1/status"; } 2> /dev/null
  # Real, effective, saved and of the file system: a program that is root's by its mode has root's only in part.
  # shellcheck disable=SC2086
  set -- "$2" $ids
  [ "$*" = "$1 $1 $1 $1 $1" ]
}

# True where the process in folder $1 is a program of the host, started by root, and not one of a container.
is_of_host() {
  is_run_by "$1" 0 && [ "$1/root/" -ef "$proc/1/root/" ]
}

# Numbers of the host's own processes called $1, a line each.
host_processes() {
  called=$(processes_called "$1") || return
  for candidate in $called; do
    if is_of_host "$proc/$candidate"; then say "$candidate"; fi
  done
}

# True where the kubelet of this host started the process in folder $1 from a manifest. The cgroup of a pod has the pod's UID in its
# name: that of a manifest is a hash, that of a pod from the API has dashes, and neither is chosen by anybody. It counts right
# below the kubelet's own cgroup only: further down, and in cgroups of their own, others may have folders of any name.
is_of_static_pod() {
  set_value cgroupRoot "$root/var/lib/kubelet/config.yaml"
  value=${value#[\"\']}
  value=${value%[\"\']}
  cgroup_root=${value%/}
  cgroup_prefix=${cgroup_root#/}
  cgroup_prefix=${cgroup_prefix:+$cgroup_prefix-}
  { while IFS=: read -r _ _ cgroup; do
    if is_cgroup_of_static_pod "$cgroup"; then return 0; fi
  done < "$1/cgroup"; } 2> /dev/null
  return 1
}

# True where $1 is in the cgroup of a pod from a manifest, as the drivers cgroupfs and systemd name it.
is_cgroup_of_static_pod() {
  case $1 in
    "$cgroup_root/kubepods/"*)
      uid=${1#"$cgroup_root/kubepods/"}
      uid=${uid#burstable/}
      uid=${uid#besteffort/}
      uid=${uid%%/*}
      ;;
    "$cgroup_root${cgroup_root:+.slice}/${cgroup_prefix}kubepods.slice/"*)
      uid=${1#"$cgroup_root${cgroup_root:+.slice}/${cgroup_prefix}kubepods.slice/"}
      uid=${uid#"${cgroup_prefix}kubepods-burstable.slice/"}
      uid=${uid#"${cgroup_prefix}kubepods-besteffort.slice/"}
      uid=${uid%%/*}
      uid=${uid#"${cgroup_prefix}kubepods-"}
      uid=${uid#burstable-}
      uid=${uid#besteffort-}
      uid=${uid%.slice}
      ;;
    *) return 1 ;;
  esac
  case $uid in
    pod*[!0-9a-f]*) return 1 ;;
    pod*) [ "${#uid}" -eq 35 ] ;;
    *) return 1 ;;
  esac
}

# Sets manifest to the file of component $1 that the kubelet reads.
set_manifest() {
  set_value staticPodPath "$root/var/lib/kubelet/config.yaml"
  value=${value#[\"\']}
  value=${value%[\"\']}
  manifest=$root${value%/}/$1.yaml
  if [ -z "$value" ] || [ ! -e "$manifest" ]; then manifest=$root/etc/kubernetes/manifests/$1.yaml; fi
}

# Arguments that the manifest $1 starts its process with, a line each, and as --runAsUser the user that it names.
manifest_words() {
  sed -n -e "s/^ *- *[\"']\{0,1\}\(--[^\"']*\).*/\1/p" -e 's/^ *runAsUser: *\([0-9][0-9]*\).*/--runAsUser=\1/p' "$1" 2> /dev/null
}

# The same of the process in folder $1, which has what it was started with.
process_words() {
  { tr '\0' '\n' < "$1/cmdline"; } 2> /dev/null
}

# Sets word to the value of --$1 among the lines of $2; to nothing where it has none.
set_word() {
  word=
  words="
$2
"
  rest=${words#*"
--$1="}
  [ "$rest" = "$words" ] || word=${rest%%"
"*}
}

# True where the words $3 of a process have what the words $2 of component $1's manifest have of the flags that no other has.
has_own_words() {
  case $1 in
    etcd) own_flags='data-dir name initial-advertise-peer-urls' ;;
    kube-apiserver) own_flags=advertise-address ;;
    *) own_flags=kubeconfig ;;
  esac
  for own_flag in $own_flags; do
    set_word "$own_flag" "$2"
    [ -z "$word" ] || has_line "$3" "--$own_flag=$word" || return 1
  done
}

# Processes of this node's own component $1 as manifest $2 starts it, a line each. A host may run control planes of others.
static_pod_processes() {
  component_words=$(manifest_words "$2") || return 0
  set_word runAsUser "$component_words"
  component_user=${word:-0}
  called=$(processes_called "$1") || return
  for candidate in $called; do
    if is_run_by "$proc/$candidate" "$component_user" && is_of_static_pod "$proc/$candidate" &&
      has_own_words "$1" "$component_words" "$(process_words "$proc/$candidate")"; then say "$candidate"; fi
  done
}
