# shellcheck shell=sh disable=SC2034,SC2154
# What a host is, by the static pods that its kubelet starts.

# Sets static_pods to kube-apiserver, etcd, both or nothing, and static_files to the manifests that start them: kubeadm's own by their
# names, any other of the kubelet's folder by the program that it starts. Sets static_folder to that folder.
set_static_pods() {
  static_pods=
  static_files=
  set_value staticPodPath "$root/var/lib/kubelet/config.yaml"
  value=${value%%' #'*}
  value=${value#[\"\']}
  value=${value%[\"\']}
  value=${value%"${value##*[!/]}"}
  case $value in /?*) static_folder=$value ;; *) static_folder=/etc/kubernetes/manifests ;; esac
  for manifest in "$root"/etc/kubernetes/manifests/* "$root$static_folder"/*; do
    [ -f "$manifest" ] || continue
    for component in kube-apiserver etcd; do
      if [ "$manifest" != "$root/etc/kubernetes/manifests/$component.yaml" ] && ! starts "$component" "$manifest"; then continue; fi
      case " $static_pods " in *" $component "*) ;; *) static_pods=${static_pods:+$static_pods }$component ;; esac
      case " $static_files " in *" ${manifest#"$root"} "*) ;; *) static_files=${static_files:+$static_files }${manifest#"$root"} ;; esac
    done
  done
}

# True where the manifest $2 has the program $1 as a word of its own: an item of a list, as commands are written.
starts() {
  grep -Eq "^ *- +[\"']?([^ \"']*/)?$1[\"']? *\$|\[ *[\"']?([^ \"',]*/)?$1[\"']? *[],]" "$2"
}

# Ends the script where this host is not what its step takes it for. $1: worker, control-plane, or control-plane,etcd.
require_role() {
  set_static_pods
  manifests=/etc/kubernetes/manifests
  case $1 in
    worker)
      [ -z "$static_pods" ] || fail "this host runs $static_pods ($static_files), and its step is that of a worker: nothing was changed" \
        'It is a control-plane node. Make a new plan with capstan plan; where the plan has it as a worker, see why its mirror pods are not in the API (kubectl -n kube-system get pods -o wide).'
      ;;
    control-plane | control-plane,etcd)
      [ -f "$root$manifests/kube-apiserver.yaml" ] || fail "this host has no $manifests/kube-apiserver.yaml, and its step is that of a control-plane node: nothing was changed" \
        'Where kubeadm was cut off, its backup is in /etc/kubernetes/tmp; where this host is a worker, take the label of a control plane from its node and make a new plan.'
      if [ "$1" = control-plane,etcd ]; then
        [ -f "$root$manifests/etcd.yaml" ] || fail "this host has no $manifests/etcd.yaml, and its step is that of a node with an etcd member: nothing was changed" \
          'Where kubeadm was cut off, its backup is in /etc/kubernetes/tmp; else make a new plan with capstan plan.'
      else
        case " $static_pods " in
          *' etcd '*)
            fail "this host runs etcd ($static_files), and etcd is external by the plan: nothing was changed" \
              'Correct etcd in the ConfigMap kubeadm-config in kube-system, or stop that member; then make a new plan with capstan plan.'
            ;;
        esac
      fi
      ;;
    *) fail "unknown role $1" ;;
  esac
}
