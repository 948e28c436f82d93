# shellcheck shell=sh disable=SC2034,SC2154
# Names and revisions of what is in etcd now, as etcdctl writes them, a page a line and no values. All pages are of one revision.
find_etcd
begin=/registry/
revision=
while :; do
  # shellcheck disable=SC2086 # The option is absent at the first page.
  page=$(etcdctl get "$begin" /registry0 --limit 5000 --keys-only -w json $revision)
  say "$page"
  case $page in *'"more":true'*) ;; *) break ;; esac
  [ -n "$revision" ] || revision=--rev=$(say "$page" | sed 's/.*"header":{[^}]*"revision":\([0-9]*\).*/\1/')
  # The next page begins with it once more.
  begin=$(say "$page" | sed 's/.*"key":"\([^"]*\)".*/\1/' | base64 -d)
done
