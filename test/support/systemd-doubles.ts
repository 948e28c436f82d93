/**
 * Doubles of sudo, systemd-run and systemctl, for machines without systemd. A unit is a session of its own; every process of
 * it holds the lock `NAME.lock`, so that the unit is active for as long as one of them lives. Units started are in `journal`.
 */
export const SYSTEMD_DOUBLES: Readonly<Record<string, string>> = {
  sudo: `#!/bin/sh
while case $1 in -*) [ "$1" != -- ] ;; *) false ;; esac; do shift; done
[ "$1" != -- ] || shift
exec "$@"
`,
  'systemd-run': `#!/bin/sh
while case $1 in -*) true ;; *) false ;; esac; do
  case $1 in
    --unit=*) unit=\${1#--unit=} ;;
    --service-type=*) type=\${1#--service-type=} ;;
  esac
  shift
done
[ "$type" = forking ] || { echo "the double knows forking services only" >&2; exit 1; }
mkdir -p "$DOUBLE_UNITS"
exec 7>>"$DOUBLE_UNITS/$unit.lock"
flock -n 7 || { echo "Unit $unit was already loaded or has a fragment file." >&2; exit 1; }
echo "$unit" >>"$DOUBLE_UNITS/journal"
setsid sh -c 'echo $$ >"$1.pid"; shift; exec "$@"' sh "$DOUBLE_UNITS/$unit" "$@" </dev/null >/dev/null 2>&1
`,
  systemctl: `#!/bin/sh
case $1 in
  is-active)
    if [ ! -e "$DOUBLE_UNITS/$2.lock" ] || flock -n -s "$DOUBLE_UNITS/$2.lock" true; then echo inactive; exit 3; fi
    echo active
    ;;
  reset-failed) ;;
  *) echo "the double does not know: systemctl $*" >&2; exit 1 ;;
esac
`,
};
