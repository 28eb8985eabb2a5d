#!/usr/bin/env bash
# Installs what is missing and nothing else: npm packages when the lock file changed, Debian packages whose commands
# are not there. A second call finds nothing to do and takes no time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
  echo "setup: $*" >&2
  exit 1
}

# What the sandbox runs, and the Debian package that it comes from.
commands=(
  bwrap:bubblewrap
  conntrack:conntrack
  curl:curl
  bridge:iproute2
  ip:iproute2
  iptables-legacy-save:iptables
  iptables-nft-save:iptables
  nfacct:nfacct
  nft:nftables
  named:bind9
  nsenter:util-linux
  nslookup:bind9-dnsutils
  nsupdate:bind9-dnsutils
  openssl:openssl
  setpriv:util-linux
  sysctl:procps
  unshare:util-linux
  /usr/lib/cni/bridge:containernetworking-plugins
  /usr/lib/cni/host-local:containernetworking-plugins
)

have_node() {
  command -v node > /dev/null || fail 'Node.js 20 or newer is needed'
  command -v npm > /dev/null || fail 'npm is needed'
  local major
  major=$(PATH=$outer_path node --print 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node.js 20 or newer is needed, this is $major"
}

# The stamp is in node_modules itself, so that it goes away with it.
install_npm() {
  local stamp=node_modules/.netaudit-lock hash
  hash=$(cat package-lock.json .npmrc | sha256sum | cut -d ' ' -f 1)
  [ "$(cat "$stamp" 2> /dev/null || true)" = "$hash" ] && return
  echo 'setup: npm ci' >&2
  PATH=$outer_path npm ci --no-progress >&2
  echo "$hash" > "$stamp"
}

# Administrators' commands are in sbin, which is not on everyone's path.
missing_packages() {
  local entry
  for entry in "${commands[@]}"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${entry%%:*}" > /dev/null || echo "${entry##*:}"
  done | sort --unique
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get > /dev/null || fail "these Debian packages, or what they hold, are missing: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || fail "run once as root, or: apt-get install ${missing[*]}"
  echo "setup: apt-get install ${missing[*]}" >&2
  local apt=(apt-get --quiet --quiet -o DPkg::Lock::Timeout=120)
  export DEBIAN_FRONTEND=noninteractive
  # Lists that are absent or old are the usual reason why an installation fails.
  "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" > /dev/null 2>&1 && return
  "${apt[@]}" update >&2
  "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >&2
}

# npm itself runs on the machine's Node; the project's own comes with it.
outer_path=${PATH#"$PWD/node_modules/.bin:"}
have_node
install_npm
install_packages
