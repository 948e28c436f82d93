# shellcheck shell=sh disable=SC2034,SC2154

# Stops, takes the time, starts: a heartbeat that is newer than that time comes from the new process.
restart_kubelet() {
  systemctl daemon-reload
  systemctl stop kubelet
  restarted=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  systemctl start kubelet || kubelet_failed 'systemd could not start the kubelet'
  kubelet_stays
  say "restarted-at: $restarted"
}

# Up means: systemd calls it active, and one process answers its own health check, or lives for ten seconds where nothing can ask.
kubelet_stays() {
  read -r started _ < /proc/uptime
  first=0
  while :; do
    read_kubelet_unit
    if [ "$first" != 0 ] && [ "$process" != "$first" ]; then kubelet_failed 'the kubelet ended right after its start'; fi
    if [ "$state" = active ] && kubelet_answers; then return 0; fi
    read -r uptime _ < /proc/uptime
    elapsed=$((${uptime%.*} - ${started%.*}))
    if [ "$state" = active ] && [ "$elapsed" -ge 10 ]; then return 0; fi
    if [ "$state" = failed ] || [ "$elapsed" -ge 30 ]; then kubelet_failed "the kubelet is $state"; fi
    [ "$first" != 0 ] || first=$process
    sleep 0.2
  done
}

# Sets state as systemd calls it, and process to its main one, 0 where there is none.
read_kubelet_unit() {
  state=unknown
  process=0
  while IFS='=' read -r property value; do
    case $property in
      MainPID) process=$value ;;
      ActiveState) state=$value ;;
    esac
  done << UNIT
$(systemctl show -p MainPID -p ActiveState kubelet)
UNIT
}

kubelet_answers() {
  set_value healthzPort "$root/var/lib/kubelet/config.yaml"
  port=${value%%[!0-9]*}
  have curl || return 1
  [ "$(curl -s -m 2 "http://127.0.0.1:${port:-10248}/healthz" || true)" = ok ]
}

kubelet_failed() {
  say 'the last lines of its journal:'
  journalctl -u kubelet -n 40 --no-pager 2>&1 || true
  fail "$1 after its restart at $version" 'See the journal of the unit kubelet on the host: flags and configuration of the new version are the usual causes.'
}
